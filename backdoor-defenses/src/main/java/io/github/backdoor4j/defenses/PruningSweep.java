package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Fidelity;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The settings that Fine-Pruning tries: setting i prunes the i·step least active units.
 *
 * @param order units, least active first; equally active ones by index
 * @param step units more per setting
 * @param fidelity the benchmark prunes one unit fewer per setting, judges gains like losses, and
 *     keeps the setting that broke the tolerance
 */
record PruningSweep(int[] order, int step, Fidelity fidelity) {

  /**
   * A sweep in steps of a share of the units, rounded up.
   *
   * @param activations mean activation per unit
   */
  static PruningSweep leastActiveFirst(double[] activations, double stepShare, Fidelity fidelity) {
    int[] order =
        IntStream.range(0, activations.length)
            .boxed()
            .sorted(Comparator.comparingDouble(unit -> activations[unit])) // stable
            .mapToInt(Integer::intValue)
            .toArray();
    return new PruningSweep(order, (int) Math.ceil(stepShare * activations.length), fidelity);
  }

  /** The other way round: units of the largest values are pruned first, as a share per setting. */
  static PruningSweep largestFirst(double[] values, double stepShare) {
    double[] negated = Arrays.stream(values).map(value -> -value).toArray();
    return leastActiveFirst(negated, stepShare, Fidelity.PAPER);
  }

  /** Number of settings, the one without pruning included; never all units are pruned. */
  int settings() {
    return (order.length + step - 1) / step;
  }

  /** The setting nearest to pruning a share of the units, in [0, 1]. */
  int settingOf(double share) {
    long nearest = Math.round(share * order.length / step);
    return (int) Math.min(nearest, settings() - 1L);
  }

  /** The units that a setting prunes. */
  int[] pruned(int setting) {
    int asked = setting * step;
    boolean offByOne = fidelity == Fidelity.BACKDOORBENCH && asked > 0;
    return Arrays.copyOf(order, offByOne ? asked - 1 : asked);
  }

  /**
   * The setting to keep.
   *
   * @param accuracy clean accuracy per setting, as many as were tried, the first without pruning
   * @param tolerance relative loss of accuracy at which pruning has gone too far
   */
  int choose(double[] accuracy, double tolerance) {
    for (int setting = 1; setting < accuracy.length; setting++) {
      double loss = (accuracy[0] - accuracy[setting]) / accuracy[0];
      if (fidelity == Fidelity.BACKDOORBENCH && !(Math.abs(loss) < tolerance)) {
        return setting;
      }
      if (fidelity == Fidelity.PAPER && !(loss < tolerance)) {
        return setting - 1;
      }
    }
    return accuracy.length - 1;
  }
}
