// Latent vectors: drawn, mixed, and held where they are locked. Float32Arrays.

// A generator that gives the same numbers for the same seed everywhere: mulberry32.
const generator = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

// Draws of N(0, 1): Box and Muller 1958.
const normalDraws = (count, random) =>
  Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });

const newSeed = () => Math.floor(Math.random() * 1e6);

const drawComponent = (weights, random) => {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) <= 0);
  return Math.max(found, 0);
};

// A value at the same share of the way between two knots of another scale.
const moved = (value, from, to) => {
  const last = from.length - 1;
  if (value <= from[0]) return value + to[0] - from[0];
  if (value >= from[last]) return value + to[last] - from[last];
  const next = from.findIndex((knot) => knot > value);
  const share = (value - from[next - 1]) / (from[next] - from[next - 1]);
  return to[next - 1] + share * (to[next] - to[next - 1]);
};

// A draw of the mixture fitted to the training codes, each number spread as theirs are.
const dreamOf = (seed, temperature) => {
  const { weights, means, roots, from, to } = facts.mixture;
  const random = generator(seed);
  const component = drawComponent(weights, random);
  const noise = normalDraws(facts.latentCount, random);
  return Float32Array.from(means[component], (mean, row) => {
    const draw = roots[component][row].reduce(
      (sum, value, column) => sum + temperature * value * noise[column],
      mean,
    );
    return moved(draw, from[row], to[row]);
  });
};

const straightBetween = (start, end, share) =>
  start.map((value, index) => value + share * (end[index] - value));

// Shoemake 1985, "Animating rotation with quaternion curves": slerp.
const sphericalBetween = (start, end, share) => {
  const length = (vector) => Math.hypot(...vector);
  const product = start.reduce((sum, value, index) => sum + value * end[index], 0);
  const scale = length(start) * length(end);
  const angle = scale ? Math.acos(Math.min(1, Math.max(-1, product / scale))) : 0;
  if (Math.sin(angle) < 1e-4) return straightBetween(start, end, share);
  const before = Math.sin((1 - share) * angle) / Math.sin(angle);
  const after = Math.sin(share * angle) / Math.sin(angle);
  return start.map((value, index) => before * value + after * end[index]);
};

// Where a slider stands in a vector, and the vector with the slider elsewhere. A slider
// is one dimension, or a direction of length 1.
const valueOf = (slider, latent) =>
  slider.direction
    ? slider.direction.reduce((sum, part, index) => sum + part * latent[index], 0)
    : latent[slider.dimension];

const withValue = (slider, latent, value) => {
  const moved = latent.slice();
  if (!slider.direction) {
    moved[slider.dimension] = value;
    return moved;
  }
  const step = value - valueOf(slider, latent);
  return moved.map((part, index) => part + step * slider.direction[index]);
};

// A vector as text for an address, and back; null for one of another model.
const toText = (latent) =>
  btoa(String.fromCharCode(...new Uint8Array(latent.buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const fromText = (text) => {
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const latent = new Float32Array(Uint8Array.from(bytes, (c) => c.charCodeAt(0)).buffer);
    return isLatent(latent) ? latent : null;
  } catch {
    return null;
  }
};

const isLatent = (values) =>
  values?.length === facts.latentCount && values.every((value) => Number.isFinite(value));
