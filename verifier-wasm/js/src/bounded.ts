/** The text of an answer; `undefined` when it is longer than `most` bytes: nobody's answer fills the memory. */
export async function boundedText(response: Response, most: number): Promise<string | undefined> {
  // A `fetch` of the caller's may answer with less than a whole Response.
  if (!response.body) return response.text();
  if (Number(response.headers?.get("content-length") ?? 0) > most) return undefined;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > most) {
      // Not waited for: whoever sends without end also does not answer this.
      reader.cancel().catch(() => {});
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
