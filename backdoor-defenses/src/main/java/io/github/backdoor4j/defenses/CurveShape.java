package io.github.backdoor4j.defenses;

/** Kind of curve by which mode connectivity repair connects two models over one bend. */
public enum CurveShape {
  /** Bézier curve of second degree. */
  BEZIER,
  /** Two straight lines that meet at the bend. */
  POLYCHAIN;

  /** Coefficients of start, bend and end at t in [0, 1]; their sum is 1. */
  double[] coefficients(double t) {
    if (this == BEZIER) {
      return new double[] {(1 - t) * (1 - t), 2 * t * (1 - t), t * t};
    }
    double[] hats = new double[3];
    for (int i = 0; i < hats.length; i++) {
      hats[i] = Math.max(0, 1 - Math.abs(2 * t - i));
    }
    return hats;
  }
}
