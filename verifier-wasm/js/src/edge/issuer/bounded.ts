import { boundedText as textOrNothing } from "../../bounded.js";

/** The text of an answer; one that is longer than `most` bytes is an error. */
export async function boundedText(response: Response, most: number): Promise<string> {
  const text = await textOrNothing(response, most);
  if (text === undefined) throw new Error(`the answer is longer than ${most} bytes`);
  return text;
}
