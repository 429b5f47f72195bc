package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class TapsTest {

  private TensorScope scope;
  private Network network;
  private Tensor images;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    network = TinyNetwork.network(new Seed(1));
    images = Tensors.uniform(Tensors.generator(new Seed(3)), -2, 2, 4, 3, 8, 8);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void unknownName_isRefusedAndTheKnownOnesAreListed() {
    assertThatThrownBy(() -> network.forward(images, Taps.at("layer9", x -> x)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no tap 'layer9'")
        .hasMessageContaining("[conv, norm, relu, avgpool, linear]");
  }

  @Test
  void replacedOutput_flowsOn() {
    Tensor features = torch.zeros(4, 4).fill_(new Scalar(1.0));
    Tensor logits = network.forward(images, Taps.at("avgpool", x -> features));
    Tensor weight = network.parameters().get("linear.weight");
    Tensor bias = network.parameters().get("linear.bias");
    Tensor expected = weight.sum(1).add(bias).expand(4, 3);
    assertThat(logits.allclose(expected)).isTrue();
  }

  @Test
  void replacedLogits_areWhatForwardReturns() {
    Tensor fixed = torch.zeros(4, 3);
    assertThat(network.forward(images, Taps.at("linear", x -> fixed)).equal(fixed)).isTrue();
  }

  @Test
  void secondOperatorAtOneName_seesTheFirstOnesResult() {
    List<Double> seen = new ArrayList<>();
    Taps taps =
        Taps.at("linear", x -> x.mul(new Scalar(0.0)))
            .and(
                "linear",
                x -> {
                  seen.add(x.abs().sum().item_double());
                  return x.add(new Scalar(5.0));
                });
    assertThat(Tensors.toFloats(network.forward(images, taps))).containsOnly(5);
    assertThat(seen).containsExactly(0.0);
  }

  @Test
  void joinedTaps_actInOrder() {
    Taps first = Taps.at("linear", x -> x.fill_(new Scalar(1.0)));
    Taps second = Taps.at("linear", x -> x.mul(new Scalar(3.0)));
    try (var guard = new org.bytedeco.pytorch.NoGradGuard()) {
      assertThat(Tensors.toFloats(network.forward(images, first.and(second)))).containsOnly(3);
      assertThat(Tensors.toFloats(network.forward(images, second.and(first)))).containsOnly(1);
    }
  }

  @Test
  void addingATap_leavesTheOriginalAlone() {
    Taps original = Taps.none();
    Taps unused = original.and("linear", x -> x.mul(new Scalar(0.0)));
    assertThat(unused.names()).containsExactly("linear");
    assertThat(original.names()).isEmpty();
    assertThat(network.forward(images, original).equal(network.forward(images))).isTrue();
  }

  @Test
  void gradientsFlowThroughAMaskTap() {
    Tensor mask = torch.ones(4).set_requires_grad(true);
    Taps masked = Taps.at("relu", x -> x.mul(mask.view(1, 4, 1, 1)));
    Tensor loss = network.forward(images, masked).pow(new Scalar(2.0)).sum();
    Tensor gradient = Tensors.gradients(loss, false, mask)[0];
    assertThat(gradient.abs().sum().item_double()).isPositive();
  }

  @Test
  void inputOfANormalisation_isWhatFlowsIntoIt() {
    List<float[]> seen = new ArrayList<>();
    Taps taps =
        Taps.at(
                "conv",
                x -> {
                  Tensor doubled = x.mul(new Scalar(2.0));
                  seen.add(Tensors.toFloats(doubled));
                  return doubled;
                })
            .andInput("norm", x -> seen.add(Tensors.toFloats(x)));

    network.forward(images, taps);

    assertThat(seen).hasSize(2);
    assertThat(seen.get(1)).isEqualTo(seen.get(0));
  }

  @Test
  void readersOfOneInput_allSeeIt_alsoWhereTapsAreJoined() {
    List<String> seen = new ArrayList<>();
    Taps first = Taps.none().andInput("norm", x -> seen.add("first"));
    Taps second = Taps.at("linear", x -> x).andInput("norm", x -> seen.add("second"));

    Tensor watched = network.forward(images, first.and(second));

    assertThat(seen).containsExactly("first", "second");
    assertThat(watched.equal(network.forward(images))).isTrue();
  }

  @Test
  void inputOfWhatIsNoNormalisation_isRefused() {
    for (String name : List.of("conv", "norm2")) {
      assertThatThrownBy(() -> network.forward(images, Taps.none().andInput(name, x -> {})))
          .isInstanceOf(UsageException.class)
          .hasMessage("network has no batch normalisation '" + name + "'");
    }
  }
}
