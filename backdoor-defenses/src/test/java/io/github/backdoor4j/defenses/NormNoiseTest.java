package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class NormNoiseTest {

  private static final double STEP = 1e-5;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** A batch normalisation of one channel and nothing else. */
  private static final class OneNorm extends Network {

    private final Layer norm = batchNorm2d("norm", 1);

    OneNorm() {
      super(new NetworkSpec(new ImageShape(1, 1, 1), 2));
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      return norm.apply(pass, x).flatten(1, -1);
    }

    @Override
    protected Network blank() {
      return new OneNorm();
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("norm", "norm", "norm");
    }
  }

  private static OneNorm oneNorm() {
    OneNorm network = new OneNorm();
    network.initialize(new Seed(1));
    network.requireGradients(false);
    Objects.requireNonNull(network.parameters().get("norm.weight")).fill_(new Scalar(2.0));
    Objects.requireNonNull(network.parameters().get("norm.bias")).fill_(new Scalar(0.5));
    network.training(true);
    return network;
  }

  private static Map<String, Tensor> one(double value) {
    return Map.of("norm", Tensors.ofFloats(new float[] {(float) value}));
  }

  private static final float[] BATCH = {1, 2, 3, 4};

  @Test
  void maskedNormalisation_scalesByMaskAndNoise_inTrainingMode() {
    OneNorm network = oneNorm();
    NormChannels channels = NormChannels.of(network, "test");
    Tensor x = Tensors.ofFloats(BATCH, 4, 1, 1, 1);

    Tensor clean = network.forward(x, Taps.none(), channels.values(one(0.5), Map.of(), Map.of()));
    double mean = network.buffers().get("norm.running_mean").item_double();
    double variance = network.buffers().get("norm.running_var").item_double();
    Tensor perturbed =
        network.forward(x, Taps.none(), channels.values(one(0.5), one(0.1), one(-0.2)));

    double[] withoutNoise = {-0.84163542, 0.05278819, 0.94721181, 1.84163542};
    double[] withNoise = {-1.20996250, -0.13665417, 0.93665417, 2.00996250};
    assertThat(Tensors.toDoubles(clean)).containsExactly(withoutNoise, within(1e-6));
    assertThat(Tensors.toDoubles(perturbed)).containsExactly(withNoise, within(1e-6));
    assertThat(mean).isCloseTo(0.25, within(1e-7));
    assertThat(variance).isCloseTo(1.06666667, within(1e-7));
  }

  @Test
  void gradientOfTheMask_isScaleTimesStandardisedInput() {
    OneNorm network = oneNorm();
    Map<String, Tensor> mask = one(0.5);
    mask.get("norm").set_requires_grad(true);
    Tensor y =
        network.forward(
            Tensors.ofFloats(BATCH, 4, 1, 1, 1),
            Taps.none(),
            NormChannels.of(network, "test").values(mask, Map.of(), Map.of()));

    Tensor gradient = Tensors.gradients(y.get(0).sum(), false, mask.get("norm"))[0];

    assertThat(gradient.item_double()).isCloseTo(-2.68327084, within(1e-6));
  }

  /** In double precision, batch statistics, all layers of the tiny network. */
  @Test
  void gradients_ofMaskAndNoise_areThoseOfFiniteDifferences() {
    NormNoise.Setting setting = doublePrecision();
    NormNoise noise =
        NormNoise.uniform(
            setting.channels().layers(), 0.4, Tensors.generator(new Seed(5)), ComputeDevice.CPU);
    noise = new NormNoise(doubles(noise.scale()), doubles(noise.shift()));
    Map<String, Tensor> all = new LinkedHashMap<>();
    setting.mask().forEach((layer, tensor) -> all.put("mask of " + layer, tensor));
    noise.scale().forEach((layer, tensor) -> all.put("scale noise of " + layer, tensor));
    noise.shift().forEach((layer, tensor) -> all.put("shift noise of " + layer, tensor));
    all.values().forEach(tensor -> tensor.set_requires_grad(true));

    Tensor[] gradients =
        Tensors.gradients(setting.loss(noise), false, all.values().toArray(new Tensor[0]));

    int next = 0;
    for (Map.Entry<String, Tensor> entry : all.entrySet()) {
      double[] gradient = Tensors.toDoubles(gradients[next++]);
      for (int c = 0; c < gradient.length; c += 5) {
        assertThat(gradient[c])
            .as("%s, channel %d", entry.getKey(), c)
            .isCloseTo(difference(setting, noise, entry.getValue(), c), within(1e-8));
      }
    }
  }

  private static double difference(
      NormNoise.Setting setting, NormNoise noise, Tensor tensor, long at) {
    return Tensors.withoutGradients(
        () -> {
          Tensor value = tensor.detach().get(at);
          value.add_(new Scalar(STEP));
          double above = setting.loss(noise).item_double();
          value.sub_(new Scalar(2 * STEP));
          double below = setting.loss(noise).item_double();
          value.add_(new Scalar(STEP));
          return (above - below) / (2 * STEP);
        });
  }

  private static NormNoise.Setting doublePrecision() {
    TinyScene scene = TinyScene.backdoored();
    Network network = scene.model().copy();
    network.requireGradients(false);
    network.forEachTensor(t -> t.set_data(t.detach().to(ScalarType.Double)));
    network.training(true);
    NormChannels channels = NormChannels.of(network, "test");
    Tensor images = scene.holdout().images().narrow(0, 0, 12);
    return new NormNoise.Setting(
        network,
        channels,
        doubles(channels.vectors(0.7)),
        scene.holdout().spec().normalization().normalize(images).to(ScalarType.Double),
        scene.holdout().labels().narrow(0, 0, 12),
        Precision.FP32);
  }

  private static Map<String, Tensor> doubles(Map<String, Tensor> tensors) {
    Map<String, Tensor> doubles = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> doubles.put(name, tensor.detach().to(ScalarType.Double)));
    return doubles;
  }

  private static NormNoise.Setting tiny() {
    TinyScene scene = TinyScene.backdoored();
    Network network = scene.model().copy();
    network.requireGradients(false);
    network.training(true);
    NormChannels channels = NormChannels.of(network, "test");
    return new NormNoise.Setting(
        network,
        channels,
        channels.vectors(1),
        scene.holdout().spec().normalization().normalize(scene.holdout().images()),
        scene.holdout().labels(),
        Precision.FP32);
  }

  @Test
  void ascent_movesEachValueByTheStepSize_andRaisesTheLoss() {
    NormNoise.Setting setting = tiny();
    NormNoise noise =
        NormNoise.uniform(
            setting.channels().layers(), 0.4, Tensors.generator(new Seed(5)), ComputeDevice.CPU);

    NormNoise moved = noise.ascended(setting, 0.1);

    noise
        .scale()
        .forEach(
            (layer, before) -> {
              Tensor step = moved.scale().get(layer).sub(before).abs();
              assertThat(DoubleStream.of(Tensors.toDoubles(step)))
                  .allMatch(s -> Math.abs(s - 0.1) < 1e-6);
              assertThat(before.abs().max().item_double()).isLessThanOrEqualTo(0.4);
            });
    assertThat(setting.loss(moved).item_double()).isGreaterThan(setting.loss(noise).item_double());
  }

  @Test
  void noNoise_leavesTheMaskedLoss() {
    NormNoise.Setting setting = tiny();
    NormNoise none =
        NormNoise.uniform(
            setting.channels().layers(), 0, Tensors.generator(new Seed(5)), ComputeDevice.CPU);

    NormNoise still = none.ascended(setting, 0);

    assertThat(setting.loss(still).item_double())
        .isEqualTo(setting.loss(NormNoise.NONE).item_double());
  }
}
