import { el, setText, type View } from "../dom.js";
import { moment, span } from "../words.js";
import { type Dates, positionOf, type Scale, scaleFor } from "./scale.js";

export interface Moment {
  readonly dates: Dates;
  /** The issuer's now, in seconds, as exact as the device knows it. */
  readonly now: number;
}

/** Seconds the marker takes to where it is sent (see the style): sent that far ahead, it is always where now is. */
const GLIDE = 1;

const SVG = "http://www.w3.org/2000/svg";

/** The two windows on an axis, and where now is. */
export class Windows implements View<Moment> {
  readonly #zones = {
    fresh: el("span", { class: "zone fresh" }, "Fresh"),
    stale: el("span", { class: "zone stale" }, "Stale"),
    expired: el("span", { class: "zone expired" }, "Expired"),
  };
  readonly #tear = tear();
  readonly #here = el("div", { class: "here" }, el("span", { class: "pin" }, "now"));
  readonly #dates = {
    iat: el("dd", {}),
    bbf: el("dd", {}),
    exp: el("dd", {}),
  };
  readonly #end = el("dt", {});
  readonly #caption = el("figcaption", {});
  readonly #track = el("div", { class: "track", role: "img" });
  readonly #axis: HTMLElement;
  readonly node: HTMLElement;
  #drawn = "";

  constructor() {
    const { fresh, stale, expired } = this.#zones;
    this.#track.append(el("div", { class: "zones" }, fresh, stale, expired), this.#tear, this.#here);
    this.#axis = el(
      "dl",
      { class: "axis" },
      el("div", { class: "iat" }, el("dt", {}, "Issued"), this.#dates.iat),
      el("div", { class: "bbf" }, el("dt", {}, "Best before"), this.#dates.bbf),
      el("div", { class: "exp" }, this.#end, this.#dates.exp),
    );
    this.node = el("figure", { class: "windows" }, this.#track, this.#axis, this.#caption);
  }

  update({ dates, now }: Moment): void {
    const scale = scaleFor(dates);
    this.#draw(dates, scale);
    const position = positionOf(now + GLIDE, dates, scale);
    this.#here.style.transform = `translateX(${(position * 100).toFixed(2)}%)`;
    this.#here.classList.toggle("turned", position > 0.85);
    const where = now < dates.bbf ? "fresh" : now < dates.exp ? "stale" : "expired";
    this.node.dataset.where = where;
    const label = `Time line of the token: fresh, then stale, then expired. Now is in the ${where} part.`;
    if (this.#track.getAttribute("aria-label") !== label) this.#track.setAttribute("aria-label", label);
  }

  /** Only for another token: what stands still is not touched every second. */
  #draw(dates: Dates, scale: Scale): void {
    const key = `${dates.iat} ${dates.bbf} ${dates.exp}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const never = scale.stale === 0;
    this.node.style.setProperty("--fresh-width", `${scale.fresh * 100}%`);
    this.node.style.setProperty("--stale-width", `${scale.stale * 100}%`);
    this.#zones.stale.hidden = never;
    this.#tear.toggleAttribute("hidden", !scale.broken);
    this.#axis.classList.toggle("never-stale", never);
    setText(this.#end, never ? "Best before, and expires" : "Expires");
    setText(this.#dates.iat, moment(dates.iat));
    setText(this.#dates.bbf, moment(dates.bbf));
    setText(this.#dates.exp, moment(dates.exp));
    const fresh = span(dates.bbf - dates.iat);
    const stale = span(dates.exp - dates.bbf);
    setText(
      this.#caption,
      never
        ? `Fresh for ${fresh}, then expired. Without “keep me signed in” nothing is ever stale.`
        : scale.broken
          ? `Fresh for ${fresh}, then stale for ${stale}. The axis is torn: two parts, two scales.`
          : `Fresh for ${fresh}, then stale for ${stale}, to scale.`,
    );
  }
}

/** A torn edge across the axis. */
function tear(): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "tear");
  svg.setAttribute("viewBox", "0 0 16 72");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", "M3 0 L9 12 L3 24 L9 36 L3 48 L9 60 L3 72 L8 72 L14 60 L8 48 L14 36 L8 24 L14 12 L8 0 Z");
  svg.append(shape);
  return svg;
}
