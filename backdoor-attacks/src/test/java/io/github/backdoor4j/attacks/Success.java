package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;

/**
 * How well an attack on tiny images works.
 *
 * @param clean share of clean test images classified rightly
 * @param attack share of triggered test images classified as the attacker wants
 */
record Success(double clean, double attack) {

  private static final Seed SEED = new Seed(5);

  /** Attacks 600 tiny images; the victim trains for 10 epochs. */
  static <O extends Record> Success of(PoisoningStrategy<O> attack, O options) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset training = TinyImages.blobs(600, SEED.child("training"));
      ImageDataset test = TinyImages.blobs(200, SEED.child("test"));
      AttackContext context = TinyContexts.attack(training, TinyNetwork.plan(10), SEED);
      AttackOutcome outcome = attack.attack(context, options);
      TriggeredSet triggered = Poisoner.trigger(test, outcome.trigger(), outcome.labels());
      Inference inference = Inference.on(ComputeDevice.CPU);
      return new Success(
          agreement(inference.predict(outcome.model(), test), test.labelValues()),
          agreement(
              inference.predict(outcome.model(), triggered.images(), test.spec().normalization()),
              triggered.attackLabels()));
    }
  }

  private static double agreement(long[] predicted, long[] wanted) {
    int hits = 0;
    for (int i = 0; i < wanted.length; i++) {
      hits += predicted[i] == wanted[i] ? 1 : 0;
    }
    return (double) hits / wanted.length;
  }

  void assertAtLeast(double cleanAccuracy, double attackSuccess) {
    assertThat(clean).as("clean accuracy").isGreaterThanOrEqualTo(cleanAccuracy);
    assertThat(attack).as("attack success").isGreaterThanOrEqualTo(attackSuccess);
  }
}
