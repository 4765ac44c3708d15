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

const paint = (canvas, pixels) => {
  const { side } = facts;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    image.data[to] = pixels[from];
    image.data[to + 1] = pixels[from + 1];
    image.data[to + 2] = pixels[from + 2];
    image.data[to + 3] = 255;
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
  const canvas = new OffscreenCanvas(facts.side, facts.side);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, facts.side, facts.side);
  return Uint8Array.from({ length: 3 * facts.side ** 2 }, (_, index) => {
    return data[4 * Math.floor(index / 3) + (index % 3)];
  });
};

// Root mean square error of two pictures, from 0 to 1.
const errorBetween = (one, other) => {
  const sum = one.reduce((total, value, index) => total + (value - other[index]) ** 2, 0);
  return Math.sqrt(sum / one.length) / 255;
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
