// Pixels on canvases, and the pixels of canvases.

const element = (id) => document.getElementById(id);

const say = (words) => {
  element("status").textContent = words;
};

// Do something that may fail with a sentence, and say it.
const attempt = async (job) => {
  try {
    return await job();
  } catch (error) {
    say(error.message);
    return null;
  }
};

// Pixels are bytes, [red, green, blue, ...] as networks draw them, or with a fourth that is
// 0 in the bars beside a picture, as pictures are read.
const paint = (canvas, pixels) => {
  const { side } = facts;
  const channels = pixels.length / side ** 2;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let from = 0, to = 0; from < pixels.length; from += channels, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + 1];
    image.data[to + 2] = pixels[from + 2];
    image.data[to + 3] = channels === 4 ? pixels[from + 3] : 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
};

const canvasOf = (pixels) => {
  const canvas = document.createElement("canvas");
  paint(canvas, pixels);
  return canvas;
};

const pixelsOf = async (source) => {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  const context = new OffscreenCanvas(facts.side, facts.side).getContext("2d");
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, facts.side, facts.side).data;
};

// Root mean square error, from 0 to 1, of a picture that was read and its redrawing; bars
// do not count.
const errorBetween = (picture, redrawn) => {
  let [sum, count] = [0, 0];
  redrawn.forEach((value, index) => {
    const at = 4 * Math.floor(index / 3);
    if (picture[at + 3] === 0) return;
    sum += (value - picture[at + (index % 3)]) ** 2;
    count += 1;
  });
  return Math.sqrt(sum / count) / 255;
};

const download = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

const thumbnail = (canvas, label, onClick) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "thumbnail";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(canvas);
  button.addEventListener("click", onClick);
  return button;
};

const toBlob = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
