package io.github.backdoor4j.core.data;

import java.util.Optional;

/**
 * All that a data-poisoning attack is.
 *
 * @param trainingTrigger applied once to each chosen training image, before augmentation
 * @param testTrigger applied to test images; often the same
 * @param labels what happens to labels
 * @param rate how many training images
 * @param selector which of them
 * @param cover further images that are triggered and keep their label, if any
 */
public record PoisonRecipe(
    Trigger trainingTrigger,
    Trigger testTrigger,
    LabelRule labels,
    PoisonRate rate,
    SampleSelector selector,
    Optional<Cover> cover) {

  /** A recipe without cover samples. */
  public PoisonRecipe(
      Trigger trainingTrigger,
      Trigger testTrigger,
      LabelRule labels,
      PoisonRate rate,
      SampleSelector selector) {
    this(trainingTrigger, testTrigger, labels, rate, selector, Optional.empty());
  }

  /** One trigger for training and test, images chosen uniformly. */
  public PoisonRecipe(Trigger trigger, LabelRule labels, PoisonRate rate) {
    this(trigger, trigger, labels, rate, SampleSelector.uniform());
  }

  /** The same recipe with cover samples. */
  public PoisonRecipe withCover(Cover samples) {
    return new PoisonRecipe(
        trainingTrigger, testTrigger, labels, rate, selector, Optional.of(samples));
  }
}
