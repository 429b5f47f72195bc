package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Oracle;
import io.github.backdoor4j.core.spi.Selection;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Which of several settings, from mild to harsh, a defense keeps.
 *
 * @param setting index of the choice
 * @param accuracy per setting looked at: on the kept-back images for {@link
 *     Selection#CLEAN_HOLDOUT}, on test data for {@link Selection#ORACLE}; empty for {@link
 *     Selection#FIXED}
 * @param attackSuccess per setting, for {@link Selection#ORACLE} only
 */
record SettingChoice(int setting, double[] accuracy, double[] attackSuccess) {

  /**
   * Chooses.
   *
   * <p>{@link Selection#CLEAN_HOLDOUT}: the last setting before the first whose accuracy on the
   * kept-back images is lower than that of setting 0 by the tolerance or more; harsher ones are not
   * looked at. {@link Selection#ORACLE}: of the settings whose test accuracy differs from that of
   * setting 0 by less than the tolerance, the first with the least attack success; setting 0 if
   * none beats it.
   *
   * @param tolerance relative loss of accuracy at which a setting is refused, in (0, 1]
   * @param fixed the setting for {@link Selection#FIXED}
   * @param judged gives the kept-back images; called for {@link Selection#CLEAN_HOLDOUT} only
   * @param settings their number; setting 0 changes nothing
   * @param model the network at a setting, in any order; the one returned before may change
   */
  static SettingChoice of(
      DefenseContext context,
      Selection selection,
      double tolerance,
      int fixed,
      Supplier<ImageDataset> judged,
      int settings,
      IntFunction<Network> model) {
    return switch (selection) {
      case FIXED -> new SettingChoice(fixed, new double[0], new double[0]);
      case CLEAN_HOLDOUT -> onHoldout(context, tolerance, judged.get(), settings, model);
      case ORACLE -> byOracle(context.oracle(), tolerance, settings, model);
    };
  }

  /** Chooses, where the images to judge by are there whatever the selection. */
  static SettingChoice of(
      DefenseContext context,
      Selection selection,
      double tolerance,
      int fixed,
      ImageDataset judged,
      int settings,
      IntFunction<Network> model) {
    return of(context, selection, tolerance, fixed, () -> judged, settings, model);
  }

  private static SettingChoice onHoldout(
      DefenseContext context,
      double tolerance,
      ImageDataset judged,
      int settings,
      IntFunction<Network> model) {
    double[] accuracy = new double[settings];
    for (int i = 0; i < settings; i++) {
      accuracy[i] = accuracy(context, model.apply(i), judged);
      if (!(relativeLoss(accuracy, i) < tolerance) && i > 0) {
        return new SettingChoice(i - 1, Arrays.copyOf(accuracy, i + 1), new double[0]);
      }
    }
    return new SettingChoice(settings - 1, accuracy, new double[0]);
  }

  private static SettingChoice byOracle(
      Oracle oracle, double tolerance, int settings, IntFunction<Network> model) {
    double[] accuracy = new double[settings];
    double[] success = new double[settings];
    int best = 0;
    for (int i = 0; i < settings; i++) {
      Oracle.Score score = oracle.score(model.apply(i));
      accuracy[i] = score.cleanAccuracy();
      success[i] = score.attackSuccess();
      if (Math.abs(relativeLoss(accuracy, i)) < tolerance && success[i] < success[best]) {
        best = i;
      }
    }
    return new SettingChoice(best, accuracy, success);
  }

  /** NaN, and so beyond any tolerance, if the model was right nowhere to begin with. */
  private static double relativeLoss(double[] accuracy, int setting) {
    return (accuracy[0] - accuracy[setting]) / accuracy[0];
  }

  /** Share of images that a network classifies as labelled. */
  static double accuracy(DefenseContext context, Network network, ImageDataset images) {
    long[] predicted = context.inference().predict(network, images);
    long[] labels = images.labelValues();
    int hits = 0;
    for (int i = 0; i < labels.length; i++) {
      hits += predicted[i] == labels[i] ? 1 : 0;
    }
    return (double) hits / labels.length;
  }
}
