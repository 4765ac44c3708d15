// Chunks of PNG files (PNG specification, 3rd edition, section 5): the state of the
// sliders as text, and the size in print.

const pngKeyword = "castle-dreamer";
const pngSignature = 8;
const metresPerInch = 0.0254;

const crcTable = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});

const crcOf = (bytes) =>
  ~bytes.reduce((crc, byte) => crcTable[(crc ^ byte) & 255] ^ (crc >>> 8), ~0) >>> 0;

const pngChunk = (type, content) => {
  const body = new Uint8Array([...new TextEncoder().encode(type), ...content]);
  const chunk = new DataView(new ArrayBuffer(body.length + 8));
  chunk.setUint32(0, content.length);
  new Uint8Array(chunk.buffer).set(body, 4);
  chunk.setUint32(body.length + 4, crcOf(body));
  return new Uint8Array(chunk.buffer);
};

const textChunk = (text) =>
  pngChunk("tEXt", new TextEncoder().encode(`${pngKeyword}\0${text}`));

const resolutionChunk = (dotsPerInch) => {
  const content = new DataView(new ArrayBuffer(9));
  const dotsPerMetre = Math.round(dotsPerInch / metresPerInch);
  content.setUint32(0, dotsPerMetre);
  content.setUint32(4, dotsPerMetre);
  content.setUint8(8, 1);
  return pngChunk("pHYs", new Uint8Array(content.buffer));
};

// The PNG of a canvas with more chunks, which stand after its header.
const pngWith = async (canvas, chunks) => {
  const plain = await (await toBlob(canvas)).arrayBuffer();
  const headerEnd = pngSignature + 25;
  const parts = [plain.slice(0, headerEnd), ...chunks, plain.slice(headerEnd)];
  return new Blob(parts, { type: "image/png" });
};

// The text that a PNG saved here carries; null for any other file.
const textOfPng = async (file) => {
  const bytes = await file.arrayBuffer();
  const view = new DataView(bytes);
  if (bytes.byteLength < 33 || view.getUint32(0) !== 0x89504e47) return null;
  for (let at = pngSignature; at + 12 <= bytes.byteLength; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === 0x74455874 && at + 8 + length <= bytes.byteLength) {
      const text = new TextDecoder().decode(new Uint8Array(bytes, at + 8, length));
      const [keyword, content] = text.split("\0");
      if (keyword === pngKeyword) return content;
    }
    at += length + 12;
  }
  return null;
};
