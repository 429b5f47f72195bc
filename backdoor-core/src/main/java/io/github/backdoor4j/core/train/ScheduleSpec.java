package io.github.backdoor4j.core.train;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** How the learning rate changes from epoch to epoch, or from step to step. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ScheduleSpec.Constant.class, name = "constant"),
  @JsonSubTypes.Type(value = ScheduleSpec.Cosine.class, name = "cosine"),
  @JsonSubTypes.Type(value = ScheduleSpec.Step.class, name = "step"),
  @JsonSubTypes.Type(value = ScheduleSpec.MultiStep.class, name = "multi-step"),
  @JsonSubTypes.Type(value = ScheduleSpec.Plateau.class, name = "plateau"),
  @JsonSubTypes.Type(value = ScheduleSpec.LinearDecay.class, name = "linear-decay"),
  @JsonSubTypes.Type(value = ScheduleSpec.CosinePerStep.class, name = "cosine-per-step")
})
public sealed interface ScheduleSpec {

  /** The same rate throughout. */
  record Constant() implements ScheduleSpec {}

  /**
   * Cosine annealing: minimum + (base − minimum)·(1 + cos(π·epoch/period))/2. It rises again after
   * the period, as PyTorch's does.
   *
   * @param period epochs from the base rate to the minimum; not necessarily the plan's epochs
   * @param minimum the lowest rate
   */
  record Cosine(int period, double minimum) implements ScheduleSpec {
    public Cosine {
      requireAtLeast("period", period, 1);
      require(minimum >= 0, "minimum must not be negative, but was %s", minimum);
    }
  }

  /** Multiplies the rate by {@code factor} every {@code every} epochs. */
  record Step(int every, double factor) implements ScheduleSpec {
    public Step {
      requireAtLeast("every", every, 1);
      requirePositive("factor", factor);
    }
  }

  /** Multiplies the rate by {@code factor} at the start of each of the epochs {@code at}. */
  record MultiStep(List<Integer> at, double factor) implements ScheduleSpec {
    public MultiStep {
      at = List.copyOf(at);
      requirePositive("factor", factor);
    }
  }

  /**
   * Multiplies the rate by {@code factor} after more than {@code patience} epochs in a row whose
   * mean training loss is not below best·(1 − threshold).
   */
  record Plateau(double factor, int patience, double threshold) implements ScheduleSpec {
    public Plateau {
      requirePositive("factor", factor);
      requireAtLeast("patience", patience, 0);
    }
  }

  /**
   * The base rate until epoch {@code from}, then in a straight line down to base·factor at epoch
   * {@code until}, then no lower.
   */
  record LinearDecay(int from, int until, double factor) implements ScheduleSpec {
    public LinearDecay {
      requireAtLeast("from", from, 0);
      require(until > from, "until must be above from (%d), but was %d", from, until);
      requireRange("factor", factor, 0, 1);
    }
  }

  /**
   * {@link Cosine} that moves on after every step instead of every epoch, so that the rate may rise
   * and fall many times in one training.
   *
   * @param period steps from the base rate to the minimum
   * @param minimum the lowest rate
   */
  record CosinePerStep(int period, double minimum) implements ScheduleSpec {
    public CosinePerStep {
      requireAtLeast("period", period, 1);
      require(minimum >= 0, "minimum must not be negative, but was %s", minimum);
    }
  }
}
