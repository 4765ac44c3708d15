// The slider of the monitors: one moment of the training is shown, and can be played.
const slider = document.getElementById("moment");

if (slider) {
  const moments = [...document.querySelectorAll(".moment")];
  const step = document.getElementById("moment-step");
  const button = document.getElementById("play");
  const millisecondsPerMoment = 500;
  let timer = null;

  const isAtEnd = () => Number(slider.value) === moments.length - 1;

  const show = (number) => {
    slider.value = number;
    moments.forEach((moment, place) => {
      moment.hidden = place !== number;
    });
    step.value = `step ${moments[number].dataset.step}`;
    slider.setAttribute("aria-valuetext", step.value);
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };

  const showNext = () => {
    show(Number(slider.value) + 1);
    if (isAtEnd()) stop();
  };

  const play = () => {
    if (moments.length === 1) return;
    if (isAtEnd()) show(0);
    button.textContent = "Pause";
    timer = setInterval(showNext, millisecondsPerMoment);
  };

  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  button.addEventListener("click", () => {
    if (timer) stop();
    else play();
  });
  // A browser that comes back to the page may have kept where the slider stood.
  show(Number(slider.value));
}
