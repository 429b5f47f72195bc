package io.github.backdoor4j.core.data;

/**
 * Cover samples: training images that get the trigger and keep their label, so that the model does
 * not take the trigger alone for the whole story and the poisoned images blend in better.
 *
 * <p>They are drawn from the images that are not poisoned, and do not count as poisoned.
 *
 * @param trigger applied to each, often a weaker or partial form of the attack's
 * @param rate how many
 * @see <a href="https://openreview.net/forum?id=_wSHsgrVali">Qi et al., Revisiting the Assumption
 *     of Latent Separability, ICLR 2023, §4</a>
 */
public record Cover(Trigger trigger, PoisonRate rate) {}
