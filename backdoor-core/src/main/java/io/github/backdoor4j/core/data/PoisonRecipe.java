package io.github.backdoor4j.core.data;

/**
 * All that a data-poisoning attack is.
 *
 * @param trainingTrigger applied once to each chosen training image, before augmentation
 * @param testTrigger applied to test images; often the same
 * @param labels what happens to labels
 * @param rate how many training images
 * @param selector which of them
 */
public record PoisonRecipe(
    Trigger trainingTrigger,
    Trigger testTrigger,
    LabelRule labels,
    PoisonRate rate,
    SampleSelector selector) {

  /** One trigger for training and test, images chosen uniformly. */
  public PoisonRecipe(Trigger trigger, LabelRule labels, PoisonRate rate) {
    this(trigger, trigger, labels, rate, SampleSelector.uniform());
  }
}
