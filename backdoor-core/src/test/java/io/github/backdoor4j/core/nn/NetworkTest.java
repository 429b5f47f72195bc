package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class NetworkTest {

  private TensorScope scope;
  private Network network;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    network = TinyNetwork.network(new Seed(1));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor images(int count) {
    return Tensors.uniform(Tensors.generator(new Seed(3)), -2, 2, count, 3, 8, 8);
  }

  @Test
  void declaredLayers_giveNamesAndCounts() {
    assertThat(network.parameters().keySet())
        .containsExactly(
            "conv.weight", "conv.bias", "norm.weight", "norm.bias", "linear.weight", "linear.bias");
    assertThat(network.buffers().keySet()).containsExactly("norm.running_mean", "norm.running_var");
    assertThat(network.parameterCount()).isEqualTo(4 * 27 + 4 + 4 + 4 + 12 + 3);
    assertThat(network.tapNames()).containsExactly("conv", "norm", "relu", "avgpool", "linear");
  }

  @Test
  void initialize_drawsWithinOneOverTheRootOfFanIn() {
    assertBound("conv.weight", 1 / Math.sqrt(27));
    assertBound("conv.bias", 1 / Math.sqrt(27));
    assertBound("linear.weight", 1 / Math.sqrt(4));
    assertThat(Tensors.toFloats(network.parameters().get("norm.weight"))).containsOnly(1);
    assertThat(Tensors.toFloats(network.parameters().get("norm.bias"))).containsOnly(0);
  }

  private void assertBound(String name, double bound) {
    double largest = 0;
    for (double value : Tensors.toDoubles(network.parameters().get(name))) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).as(name).isBetween(0.4 * bound, bound);
  }

  @Test
  void initialize_doesNotDependOnTheMemoryLayout() {
    Tensor fresh = network.parameters().get("conv.weight").clone();
    assertThat(fresh.is_contiguous(MemoryFormat.ChannelsLast)).isTrue();
    network.initialize(new Seed(9)).initialize(new Seed(1)); // was channels-last by then
    assertThat(network.parameters().get("conv.weight").equal(fresh)).isTrue();
  }

  @Test
  void initialize_resetsRunningStatistics() {
    network.training(true);
    network.forward(images(4));
    network.initialize(new Seed(1));
    assertThat(Tensors.toFloats(network.buffers().get("norm.running_mean"))).containsOnly(0);
    assertThat(Tensors.toFloats(network.buffers().get("norm.running_var"))).containsOnly(1);
  }

  @Test
  void training_movesRunningStatisticsByATenthOfTheUnbiasedVariance() {
    Recorder recorder = new Recorder("conv");
    network.training(true);
    network.forward(images(2), recorder.taps());
    double[] variance = Tensors.toDoubles(network.buffers().get("norm.running_var"));
    double[] mean = Tensors.toDoubles(network.buffers().get("norm.running_mean"));
    double[] values = Tensors.toDoubles(recorder.get("conv").permute(1, 0, 2, 3).contiguous());
    int n = 2 * 64;
    for (int c = 0; c < 4; c++) {
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < n; i++) {
        sum += values[c * n + i];
        squares += values[c * n + i] * values[c * n + i];
      }
      double unbiased = (squares - sum * sum / n) / (n - 1);
      assertThat(mean[c]).isCloseTo(0.1 * sum / n, within(1e-6));
      assertThat(variance[c]).isCloseTo(0.9 + 0.1 * unbiased, within(1e-5));
    }
  }

  @Test
  void logits_areThoseOfEvaluationMode_andKeepTheMode() {
    Tensor evaluated = network.logits(images(4));
    network.training(true);
    assertThat(network.logits(images(4)).equal(evaluated)).isTrue();
    assertThat(network.training()).isTrue();
    assertThat(network.forward(images(4)).equal(evaluated)).isFalse();
  }

  @Test
  void forward_withOtherValues_usesThemAndNotItsOwn() {
    Map<String, Tensor> doubled = new LinkedHashMap<>(network.parameters());
    doubled.replaceAll((name, t) -> name.startsWith("linear") ? t.mul(new Scalar(2.0)) : t);
    Tensor plain = network.forward(images(3));
    Tensor other = network.forward(images(3), Taps.none(), doubled);
    assertThat(other.allclose(plain.mul(new Scalar(2.0)))).isTrue();
    assertThat(network.forward(images(3)).equal(plain)).isTrue();
  }

  @Test
  void copyState_listsEveryDifference() {
    Map<String, Tensor> state = new LinkedHashMap<>(network.state());
    state.remove("conv.bias");
    state.put("linear.weight", torch.zeros(5, 4));
    state.put("norm.num_batches_tracked", torch.zeros(1));
    assertThatThrownBy(() -> network.copyState(state))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("3 differences")
        .hasMessageContaining("conv.bias is missing")
        .hasMessageContaining("linear.weight has shape [5, 4] instead of [3, 4]")
        .hasMessageContaining("norm.num_batches_tracked is unknown");
  }

  @Test
  void copyState_thatFails_changesNothing() {
    Tensor before = network.logits(images(2));
    Map<String, Tensor> state = new LinkedHashMap<>();
    network.state().forEach((name, tensor) -> state.put(name, torch.zeros_like(tensor)));
    state.remove("linear.bias");
    assertThatThrownBy(() -> network.copyState(state)).isInstanceOf(DataException.class);
    assertThat(network.logits(images(2)).equal(before)).isTrue();
  }

  @Test
  void forward_ofAnotherShape_isTheCallersMistake() {
    assertThatThrownBy(() -> network.forward(torch.zeros(2, 3, 8, 9)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("3x8x8")
        .hasMessageContaining("[2, 3, 8, 9]");
    assertThatThrownBy(() -> network.forward(torch.zeros(3, 8, 8)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("[3, 8, 8]");
  }

  @Test
  void twoTapsOfOneName_areRefused() {
    NetworkSpec spec = network.spec();
    assertThatThrownBy(() -> new Twins(spec))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("two taps are named 'linear'");
  }

  private static final class Twins extends Network {
    Twins(NetworkSpec spec) {
      super(spec);
      linear("linear", 4, 3);
      tapPoint("linear");
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      return x;
    }

    @Override
    protected Network blank() {
      return new Twins(spec());
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("linear", "linear", "linear");
    }
  }

  /** A 1×1 convolution with stride has a way of its own, see {@link Layer.Conv2d}. */
  @Test
  void stridedPointwiseConvolution_equalsTheEnginesOwn_forwardAndBackward() {
    Tensor x = Tensors.uniform(Tensors.generator(new Seed(4)), -1, 1, 2, 4, 7, 8);
    Tensor weight = Tensors.uniform(Tensors.generator(new Seed(5)), -1, 1, 6, 4, 1, 1);
    weight.set_requires_grad(true);
    Layer.Conv2d layer = new Layer.Conv2d("conv", 4, 6, 1, 2, 0, 1, 1, false);
    Pass pass = pass(Map.of("conv.weight", weight), true);
    Tensor expected =
        torch.conv2d(
            x,
            weight,
            new TensorOptional(),
            new long[] {2, 2},
            new long[] {0, 0},
            new long[] {1, 1},
            1);
    Tensor actual = layer.apply(pass, x.contiguous(MemoryFormat.ChannelsLast));

    assertThat(actual.shape()).containsExactly(2, 6, 4, 4);
    assertThat(actual.allclose(expected, 1e-5, 1e-6, false)).isTrue();
    Tensor gradient = Tensors.gradients(actual.pow(new Scalar(2.0)).sum(), false, weight)[0];
    Tensor wanted = Tensors.gradients(expected.pow(new Scalar(2.0)).sum(), false, weight)[0];
    assertThat(gradient.allclose(wanted, 1e-4, 1e-5, false)).isTrue();
  }

  @Test
  void spec_withOneClass_isTheCallersMistake() {
    ImageShape shape = new ImageShape(3, 8, 8);
    assertThatThrownBy(() -> new NetworkSpec(shape, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("classes must be at least 2, but was 1");
  }

  @Test
  void toTheDeviceItIsOn_changesNothing() {
    Tensor before = network.logits(images(2));
    assertThat(network.device()).isEqualTo(ComputeDevice.CPU);
    network.to(ComputeDevice.CPU);
    assertThat(network.logits(images(2)).equal(before)).isTrue();
    assertThat(network.parameters().get("conv.weight").requires_grad()).isTrue();
  }

  @Test
  void keptNetwork_outlivesTheScopeItWasMadeIn() {
    Network kept;
    Tensor expected = network.logits(images(2));
    try (TensorScope inner = TensorScope.open()) {
      kept = inner.keep(TinyNetwork.network(new Seed(1)));
    }
    assertThat(kept.logits(images(2)).equal(expected)).isTrue();
  }

  @Test
  void requireGradients_switchesAll() {
    network.requireGradients(false);
    assertThat(network.parameters().values()).noneMatch(Tensor::requires_grad);
    network.requireGradients(true);
    assertThat(network.parameters().values()).allMatch(Tensor::requires_grad);
  }

  @Test
  void convNormPairs_areThoseWithNothingBetween() {
    assertThat(network.convNormPairs())
        .extracting(pair -> pair.conv().name() + " " + pair.norm().name())
        .containsExactly("conv norm");
  }

  /** 4 maps of 8×8 from 3 channels and 3×3 pixels each, then 3 logits from 4 features. */
  @Test
  void multiplications_areThoseOfConvolutionsAndAffineLayers() {
    assertThat(network.multiplications()).isEqualTo(4 * 64 * 27 + 3 * 4);
  }

  /** Each of the 2·3·3 pixels lays down a 2×2 kernel on each of 5 maps. */
  @Test
  void multiplications_ofATransposedConvolution_goByWhatComesIn() {
    Layer.ConvTranspose2d layer = new Layer.ConvTranspose2d("up", 2, 5, 2, 2, 0);

    assertThat(layer.multiplications(torch.zeros(1, 5, 6, 6))).isEqualTo(2 * 9 * 5 * 4);
  }

  @Test
  void groupedConvolution_seesItsOwnChannelsOnly() {
    Layer.Conv2d layer = new Layer.Conv2d("conv", 4, 4, 1, 1, 0, 1, 2, false);
    Map<String, Tensor> weights =
        Map.of("conv.weight", Tensors.ofFloats(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2, 1, 1));

    Tensor y =
        layer.apply(
            pass(weights, false), Tensors.ofFloats(new float[] {1, 10, 100, 1000}, 1, 4, 1, 1));

    assertThat(Tensors.toFloats(y)).containsExactly(21, 43, 6500, 8700);
  }

  @Test
  void layerNorm_standardisesTheLastDimension() {
    Layer.LayerNorm layer = new Layer.LayerNorm("ln", 4, 1e-6);
    Map<String, Tensor> parameters =
        Map.of(
            "ln.weight", Tensors.ofFloats(new float[] {1, 1, 2, 2}, 4),
            "ln.bias", Tensors.ofFloats(new float[] {0, 1, 0, 1}, 4));

    Tensor y =
        layer.apply(pass(parameters, false), Tensors.ofFloats(new float[] {1, 2, 3, 4}, 1, 4));

    // mean 2.5, variance 1.25
    double[] expected = {-1.3416407, -0.4472136 + 1, 2 * 0.4472136, 2 * 1.3416407 + 1};
    assertThat(Tensors.toDoubles(y)).containsExactly(expected, within(1e-5));
  }

  @Test
  void dropout_inTraining_zeroesTheShareAndScalesTheRest() {
    Tensor ones = torch.ones(100, 100);

    double[] dropped = Tensors.toDoubles(pass(Map.of(), true).dropout(ones, 0.3));

    assertThat(Arrays.stream(dropped).filter(value -> value == 0).count())
        .isBetween(2_850L, 3_150L); // 3,000 expected, deviation 46
    assertThat(Arrays.stream(dropped))
        .allMatch(value -> value == 0 || Math.abs(value - 1 / 0.7) < 1e-6);
    assertThat(Tensors.toDoubles(pass(Map.of(), true).dropout(ones, 0.3))).isEqualTo(dropped);
    assertThat(pass(Map.of(), false).dropout(ones, 0.3)).isSameAs(ones);
  }

  @Test
  void dropSamples_inTraining_dropsWholeSamples() {
    double[] sums =
        Tensors.toDoubles(
            pass(Map.of(), true).dropSamples(torch.ones(1000, 2, 3, 1), 0.2).sum(1, 2, 3));

    assertThat(Arrays.stream(sums).filter(sum -> sum == 0).count()).isBetween(160L, 240L);
    assertThat(Arrays.stream(sums)).allMatch(sum -> sum == 0 || Math.abs(sum - 7.5) < 1e-5);
  }

  private static Pass pass(Map<String, Tensor> parameters, boolean training) {
    return new Pass(parameters, Map.of(), training, Taps.none(), new Seed(4), 0, null);
  }
}
