// age's TypeScript port as a program: `encrypt OUT RECIPIENT...` and `decrypt FILE IDENTITY`, through stdin and stdout.
import { Decrypter, Encrypter, armor } from "age-encryption";
import { readFileSync, writeFileSync } from "node:fs";

const [action, file, ...keys] = process.argv.slice(2);
if (action === "encrypt") {
  const encrypter = new Encrypter();
  for (const key of keys) encrypter.addRecipient(key);
  const out = await encrypter.encrypt(readFileSync(0));
  writeFileSync(file, file.endsWith(".asc") ? armor.encode(out) : out);
} else {
  const decrypter = new Decrypter();
  for (const key of keys) decrypter.addIdentity(key);
  const bytes = readFileSync(file);
  const armored = bytes.subarray(0, 5).toString() === "-----";
  process.stdout.write(await decrypter.decrypt(armored ? armor.decode(bytes.toString()) : bytes));
}
