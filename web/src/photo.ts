// Photos before they leave: of a right type, and made small enough where a phone's camera made them large.
export const TYPES = ["image/jpeg", "image/png", "image/webp"];
const LARGEST = 5 * 1024 * 1024;
const SMALL_ENOUGH = 1.5 * 1024 * 1024;
const LONGEST_SIDE = 2048;

export class WrongPhoto extends Error {
  constructor(readonly reason: "tooLarge" | "notImage") {
    super(reason);
  }
}

export async function prepared(file: File): Promise<Blob> {
  if (!TYPES.includes(file.type)) throw new WrongPhoto("notImage");
  if (file.size <= SMALL_ENOUGH) return file;
  const smaller = await shrunk(file).catch(() => file);
  if (smaller.size > LARGEST) throw new WrongPhoto("tooLarge");
  return smaller;
}

async function shrunk(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no blob"))), "image/jpeg", 0.85));
}
