/** The text of an answer, which ends after `most` bytes or is an error: nobody's answer fills the memory. */
export async function boundedText(response: Response, most: number): Promise<string> {
  if (Number(response.headers.get("content-length") ?? 0) > most) throw tooLong(most);
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > most) {
      // Not waited for: whoever sends without end also does not answer this.
      reader.cancel().catch(() => {});
      throw tooLong(most);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function tooLong(most: number): Error {
  return new Error(`the answer is longer than ${most} bytes`);
}
