// An endless slow walk from dream to dream, full screen, for a wall.

const secondsPerDream = 6;
let isWalking = false;

const walk = async () => {
  if (isWalking) return;
  isWalking = true;
  element("walk").hidden = false;
  // Not everywhere allowed, and not needed.
  element("walk").requestFullscreen?.().catch(() => {});
  let from = state.latent;
  while (isWalking) {
    const to = dreamOf(newSeed(), Number(element("temperature").value));
    from = await walkTo(from, to);
  }
};

const walkTo = async (from, to) => {
  const began = performance.now();
  let share = 0;
  while (isWalking && share < 1) {
    share = Math.min(1, (performance.now() - began) / (1000 * secondsPerDream));
    const eased = share * share * (3 - 2 * share);
    const pictures = await attempt(() => network.decode([straightBetween(from, to, eased)]));
    if (!pictures) endWalk();
    else paint(element("walk-picture"), pictures[0]);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return to;
};

const endWalk = () => {
  isWalking = false;
  element("walk").hidden = true;
  if (document.fullscreenElement) document.exitFullscreen();
};

element("walk").addEventListener("click", endWalk);
document.addEventListener("fullscreenchange", () => {
  if (!document.fullscreenElement) endWalk();
});
