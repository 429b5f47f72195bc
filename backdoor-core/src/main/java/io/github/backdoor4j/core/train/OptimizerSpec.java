package io.github.backdoor4j.core.train;

import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** Which optimiser, with its constants. The learning rate is the one a schedule starts from. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = OptimizerSpec.Sgd.class, name = "sgd"),
  @JsonSubTypes.Type(value = OptimizerSpec.Adam.class, name = "adam"),
  @JsonSubTypes.Type(value = OptimizerSpec.AdamW.class, name = "adamw")
})
public sealed interface OptimizerSpec {

  /** Initial learning rate. */
  double learningRate();

  /** The same with another learning rate. */
  OptimizerSpec withLearningRate(double learningRate);

  /**
   * Stochastic gradient descent: g ← ∇ + weightDecay·w; v ← momentum·v + g (first step v = g); w ←
   * w − lr·v, or with Nesterov w ← w − lr·(g + momentum·v). All parameters decay.
   */
  record Sgd(double learningRate, double momentum, double weightDecay, boolean nesterov)
      implements OptimizerSpec {

    public Sgd {
      requireNonNegative("learning_rate", learningRate);
      requireRange("momentum", momentum, 0, 1);
      requireNonNegative("weight_decay", weightDecay);
    }

    @Override
    public Sgd withLearningRate(double rate) {
      return new Sgd(rate, momentum, weightDecay, nesterov);
    }
  }

  /** Adam with L2 decay added to the gradient; optionally AMSGrad. */
  record Adam(
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      boolean amsgrad)
      implements OptimizerSpec {

    public Adam {
      checkAdam(learningRate, beta1, beta2, epsilon, weightDecay);
    }

    /** Adam with the usual ε = 1e-8, no decay, no AMSGrad. */
    public static Adam of(double learningRate, double beta1, double beta2) {
      return new Adam(learningRate, beta1, beta2, 1e-8, 0, false);
    }

    @Override
    public Adam withLearningRate(double rate) {
      return new Adam(rate, beta1, beta2, epsilon, weightDecay, amsgrad);
    }
  }

  /** Adam with decoupled decay: w ← w·(1 − lr·weightDecay) before the step. */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay)
      implements OptimizerSpec {

    public AdamW {
      checkAdam(learningRate, beta1, beta2, epsilon, weightDecay);
    }

    @Override
    public AdamW withLearningRate(double rate) {
      return new AdamW(rate, beta1, beta2, epsilon, weightDecay);
    }
  }

  private static void checkAdam(double rate, double beta1, double beta2, double eps, double decay) {
    requireNonNegative("learning_rate", rate);
    requireRange("beta1", beta1, 0, 1);
    requireRange("beta2", beta2, 0, 1);
    requirePositive("epsilon", eps);
    requireNonNegative("weight_decay", decay);
  }
}
