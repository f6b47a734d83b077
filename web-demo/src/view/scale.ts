/** The dates of a token, in seconds. */
export interface Dates {
  readonly iat: number;
  readonly bbf: number;
  readonly exp: number;
}

/** How wide the windows are drawn, in shares of the whole picture. What is left after both belongs to `expired`. */
export interface Scale {
  readonly fresh: number;
  readonly stale: number;
  /** The two windows are drawn to different scales, and the picture has to say so. */
  readonly broken: boolean;
}

const EXPIRED_SHARE = 0.2;
const NARROWEST = 0.3;

/**
 * Fifteen minutes beside thirty days would be a hairline. Where one window would be too narrow to read, both get a width of their
 * own and the axis breaks between them.
 */
export function scaleFor({ iat, bbf, exp }: Dates): Scale {
  const room = 1 - EXPIRED_SHARE;
  if (exp <= bbf) return { fresh: room, stale: 0, broken: false };
  const freshPart = (bbf - iat) / (exp - iat);
  if (freshPart >= NARROWEST && freshPart <= 1 - NARROWEST) {
    return { fresh: room * freshPart, stale: room * (1 - freshPart), broken: false };
  }
  return { fresh: room * 0.54, stale: room * 0.46, broken: true };
}

/** Where an instant lies in the picture, from 0 to 1. */
export function positionOf(now: number, { iat, bbf, exp }: Dates, scale: Scale): number {
  if (now < bbf) return scale.fresh * share(now - iat, bbf - iat);
  if (now < exp) return scale.fresh + scale.stale * share(now - bbf, exp - bbf);
  // Expired goes on for ever: the marker walks in fast and never leaves.
  const past = (now - exp) / Math.max(60, bbf - iat);
  return scale.fresh + scale.stale + EXPIRED_SHARE * 0.85 * (past / (1 + past));
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}
