package io.github.backdoor4j.defenses;

import java.util.stream.IntStream;

/** How well scores rank, by counting pairs; for the few samples of a test. */
final class Ranking {

  private Ranking() {}

  static double auroc(double[] scores, boolean[] positive) {
    int[] above = IntStream.range(0, scores.length).filter(i -> positive[i]).toArray();
    int[] below = IntStream.range(0, scores.length).filter(i -> !positive[i]).toArray();
    double won = 0;
    for (int p : above) {
      for (int n : below) {
        won += scores[p] > scores[n] ? 1 : scores[p] == scores[n] ? 0.5 : 0;
      }
    }
    return won / ((double) above.length * below.length);
  }
}
