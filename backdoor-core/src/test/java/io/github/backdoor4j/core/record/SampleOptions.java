package io.github.backdoor4j.core.record;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;

/** Options of every type that a strategy may have. */
public record SampleOptions(
    @Doc(value = "share of poisoned images", range = "(0, 1]") double poisonRatio,
    @Doc(value = "class to aim at", range = "at least 0") int targetLabel,
    @Doc("whether to keep it") boolean keepModel,
    @Doc("where") Corner corner,
    @Doc("text to show") String caption,
    @Doc("stages") List<Integer> stages,
    @Doc("the patch") Patch patch,
    @Doc("recipe") TrainingPlan training,
    long offset,
    Fidelity fidelity) {

  public SampleOptions {
    requireRatio("poison_ratio", poisonRatio);
    requireAtLeast("target_label", targetLabel, 0);
    stages = List.copyOf(stages);
  }

  /** A place. */
  public enum Corner {
    TOP_LEFT,
    BOTTOM_RIGHT
  }

  /**
   * Options within options.
   *
   * @param size in pixels
   */
  public record Patch(
      @Doc(value = "side in pixels", range = "at least 1") int size, double opacity) {
    public Patch {
      requireAtLeast("patch.size", size, 1);
    }
  }

  static SampleOptions defaults() {
    return new SampleOptions(
        0.1,
        0,
        false,
        Corner.BOTTOM_RIGHT,
        "none",
        List.of(1, 2),
        new Patch(3, 1.0),
        TrainingPlan.benchmark(100, new Augmentation(4, true)),
        5_000_000_000L,
        Fidelity.PAPER);
  }
}
