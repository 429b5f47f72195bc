package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.NativeLeaks;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyImages;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class Dl4jNetworkTest {

  private final Dl4jClassifier classifier = Dl4jClassifier.of(Dl4jModels.graph());
  private final Network network = classifier.asNetwork(TinyImages.SMALL);
  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static Tensor images(long seed) {
    return Tensors.uniform(Tensors.generator(new Seed(seed)), -2, 2, 2, 3, 16, 16);
  }

  @Test
  void autograd_givesTheGradientThatTheChainRuleGives() {
    Tensor images = images(1);
    images.set_requires_grad(true);

    Tensor logits = network.forward(images.mul(Tensors.scalar(0.5)));
    Tensor gradient = Tensors.gradients(logits.square().sum(), false, images)[0];

    Tensor half = images.detach().mul(Tensors.scalar(0.5));
    Tensor expected =
        classifier
            .inputGradient(half, classifier.logits(half).mul(Tensors.scalar(2)))
            .mul(Tensors.scalar(0.5));
    assertThat(Tensors.toFloats(gradient))
        .containsExactly(Tensors.toFloats(expected), within(1e-6f));
  }

  @Test
  void autograd_ofTwoPassesAndOtherTerms_addsUp() {
    Tensor images = images(2);
    images.set_requires_grad(true);
    Tensor other = images(3);

    Tensor first = network.forward(images).sum();
    Tensor second = network.forward(images.add(other)).sum().mul(Tensors.scalar(3));
    Tensor loss = second.add(first).add(images.sum());
    Tensor gradient = Tensors.gradients(loss, false, images)[0];

    Tensor plain = images.detach();
    Tensor ones = classifier.logits(plain).fill_(Tensors.scalar(1));
    Tensor expected =
        classifier
            .inputGradient(plain.add(other), ones.mul(Tensors.scalar(3)))
            .add(classifier.inputGradient(plain, ones))
            .add(Tensors.scalar(1));
    assertThat(Tensors.toFloats(gradient))
        .containsExactly(Tensors.toFloats(expected), within(1e-5f));
  }

  @Test
  void gradients_outliveTheScopeOfThePass() {
    Tensor images = images(4);
    images.set_requires_grad(true);

    Tensor loss = TensorScope.scoped(() -> network.forward(images).sum());

    assertThat(Tensors.toFloats(Tensors.gradients(loss, false, images)[0]))
        .containsExactly(
            Tensors.toFloats(
                classifier.inputGradient(
                    images.detach(), classifier.logits(images.detach()).fill_(Tensors.scalar(1)))),
            within(1e-6f));
  }

  @Test
  void taps_readFeatures() {
    assertThat(network.features().penultimate()).isEqualTo("dense");
    Recorder recorder = new Recorder("dense", "pool");

    network.forward(images(5), recorder.taps());

    assertThat(Tensors.toFloats(recorder.get("dense")))
        .containsExactly(Tensors.toFloats(classifier.activations(images(5), "dense")));
    assertThat(recorder.get("pool").shape()).containsExactly(2, 4, 4, 4);
  }

  @Test
  void taps_thatReplace_areRefused() {
    Tensor images = images(6);

    assertThatThrownBy(
            () -> network.forward(images, Taps.at("dense", x -> x.mul(Tensors.scalar(0)))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'dense'");
  }

  @Test
  void trainingMode_isRefused() {
    Tensor images = images(7);
    network.training(true);

    assertThatThrownBy(() -> network.forward(images))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Dl4jClassifier.train");
  }

  @Test
  void copies_giveTheSameLogits() {
    assertThat(Tensors.toFloats(network.copy().logits(images(8))))
        .containsExactly(Tensors.toFloats(classifier.logits(images(8))));
  }

  @Test
  void passes_leaveNoNativeMemory() {
    NativeLeaks.assertNone(
        () -> {
          Tensor images = images(9);
          images.set_requires_grad(true);
          Tensors.gradients(network.forward(images).sum(), false, images);
          collectWhatDl4jLeft();
        });
  }

  /** ND4J leaves its memory to the collector; libtorch's must go with the scope, as everywhere. */
  private static void collectWhatDl4jLeft() {
    for (int round = 0; round < 10; round++) {
      System.gc();
      Pointer.deallocateReferences();
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }
}
