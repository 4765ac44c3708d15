// Writes animations as GIF (GIF89a specification; Welch 1984 for the compression).

const mostColours = 256;

// The most frequent colours of all frames, told apart by 5 bits a channel, and a
// function from a colour to the nearest of them.
const choosePalette = (frames) => {
  const counts = new Map();
  for (const pixels of frames) {
    for (let at = 0; at < pixels.length; at += 3) {
      const key = colourKey(pixels, at);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const keys = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const palette = keys.slice(0, mostColours).map((key) => {
    return [key >> 10, (key >> 5) & 31, key & 31].map((part) => Math.round((part * 255) / 31));
  });
  const known = new Map();
  const nearest = (pixels, at) => {
    const key = colourKey(pixels, at);
    if (!known.has(key)) known.set(key, nearestColour(palette, pixels, at));
    return known.get(key);
  };
  return { palette, nearest };
};

const colourKey = (pixels, at) =>
  ((pixels[at] >> 3) << 10) | ((pixels[at + 1] >> 3) << 5) | (pixels[at + 2] >> 3);

const nearestColour = (palette, pixels, at) => {
  let best = 0;
  let least = Infinity;
  palette.forEach((colour, index) => {
    const distance = colour.reduce((sum, part, channel) => {
      return sum + (part - pixels[at + channel]) ** 2;
    }, 0);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
};

// Codes of 9 to 12 bits, least significant bit first, in blocks of at most 255 bytes.
const compress = (indices) => {
  const [clear, end] = [mostColours, mostColours + 1];
  const bytes = [];
  let [bits, bitCount, size] = [0, 0, 9];
  let table = new Map();
  const put = (code) => {
    bits |= code << bitCount;
    for (bitCount += size; bitCount >= 8; bitCount -= 8) {
      bytes.push(bits & 255);
      bits >>>= 8;
    }
  };
  put(clear);
  let prefix = indices[0];
  for (const index of indices.subarray(1)) {
    const key = (prefix << 8) | index;
    if (table.has(key)) {
      prefix = table.get(key);
      continue;
    }
    put(prefix);
    const next = end + 1 + table.size;
    if (next === 4096) {
      put(clear);
      table = new Map();
      size = 9;
    } else {
      table.set(key, next);
      if (next === 1 << size) size += 1;
    }
    prefix = index;
  }
  put(prefix);
  put(end);
  if (bitCount) bytes.push(bits & 255);
  const blocks = [8];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  return Uint8Array.from([...blocks, 0]);
};

const twoBytes = (number) => [number & 255, number >> 8];

// A Blob of frames, each the pixels of a picture, which repeats for ever.
const gifOf = (frames, millisecondsPerFrame) => {
  const { palette, nearest } = choosePalette(frames);
  const size = [...twoBytes(facts.side), ...twoBytes(facts.side)];
  const colours = Array.from({ length: mostColours }, (_, index) => palette[index] ?? [0, 0, 0]);
  const header = [..."GIF89a"].map((letter) => letter.charCodeAt(0));
  const forEver = [0x21, 0xff, 11, ...[..."NETSCAPE2.0"].map((c) => c.charCodeAt(0)), 3, 1, 0, 0, 0];
  const parts = [Uint8Array.from([...header, ...size, 0xf7, 0, 0, ...colours.flat(), ...forEver])];
  const delay = twoBytes(Math.round(millisecondsPerFrame / 10));
  for (const pixels of frames) {
    const indices = Uint8Array.from({ length: pixels.length / 3 }, (_, index) =>
      nearest(pixels, 3 * index),
    );
    parts.push(Uint8Array.from([0x21, 0xf9, 4, 0, ...delay, 0, 0, 0x2c, 0, 0, 0, 0, ...size, 0]));
    parts.push(compress(indices));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: "image/gif" });
};
