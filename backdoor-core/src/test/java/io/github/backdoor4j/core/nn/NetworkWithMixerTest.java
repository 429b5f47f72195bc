package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class NetworkWithMixerTest {

  private static final NetworkSpec SPEC = new NetworkSpec(new ImageShape(3, 8, 8), 3);
  private static final long[] TURNED = {2, 0, 3, 1};

  private TensorScope scope;
  private Network inner;
  private Network mixed;

  /** Two convolutions; says that its last block begins behind {@code relu}. */
  private static final class TwoBlocks extends Network {

    private final Layer.Conv2d first = conv2d("first", 3, 4, 3, 1, 1, false);
    private final Layer.BatchNorm2d norm = batchNorm2d("norm", 4);
    private final String relu = tapPoint("relu");
    private final Layer.Conv2d second = conv2d("second", 4, 5, 3, 1, 1, false);
    private final Layer.BatchNorm2d last = batchNorm2d("last", 5);
    private final String features = tapPoint("features");
    private final Layer.Linear linear = linear("linear", 5, 3);

    TwoBlocks() {
      super(SPEC);
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      Tensor h = pass.block(() -> pass.relu(relu, norm.apply(pass, first.apply(pass, x))));
      Tensor map = last.apply(pass, second.apply(pass, h));
      return linear.apply(pass, pass.tap(features, map.mean(2, 3)));
    }

    @Override
    protected Network blank() {
      return new TwoBlocks();
    }

    @Override
    public FeatureLayout features() {
      return new FeatureLayout("last", features, "linear").withStages(List.of(relu, "last"), relu);
    }
  }

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    inner = new TwoBlocks().initialize(new Seed(1));
    inner.training(true);
    inner.forward(images(16)); // running statistics of its own
    inner.training(false);
    mixed = NetworkWithMixer.with(inner, List.of("relu"));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor images(int count) {
    return Tensors.uniform(Tensors.generator(new Seed(3)), -2, 2, count, 3, 8, 8);
  }

  private static Tensor of(Network network, String name) {
    return network.state().get(name);
  }

  private static void set(Network network, String name, Tensor value) {
    Tensors.withoutGradients(() -> of(network, name).copy_(value));
  }

  /** A mixer that shuffles channels and normalises by statistics of its own. */
  private void fillMixer() {
    Tensor turned = torch.eye(4).index_select(0, Tensors.ofLongs(TURNED)).view(4, 4, 1, 1);
    set(mixed, "mixer.conv.weight", turned);
    set(mixed, "mixer.bn.weight", Tensors.ofFloats(new float[] {1, 2, -1, 0.5f}));
    set(mixed, "mixer.bn.bias", Tensors.ofFloats(new float[] {0.1f, 0, 0.3f, -1}));
    set(mixed, "mixer.bn.running_mean", Tensors.ofFloats(new float[] {0.2f, -0.1f, 0, 1}));
    set(mixed, "mixer.bn.running_var", Tensors.ofFloats(new float[] {4, 1, 0.25f, 9}));
  }

  /** What {@link #fillMixer} shall do, without convolution or normalisation. */
  private static Tensor shuffledAndScaled(Tensor h) {
    Tensor y = h.index_select(1, Tensors.ofLongs(TURNED));
    y = y.sub(Tensors.ofFloats(new float[] {0.2f, -0.1f, 0, 1}, 1, 4, 1, 1));
    y = y.mul(Tensors.ofFloats(new float[] {0.5f, 2, -2, 0.5f / 3}, 1, 4, 1, 1));
    return y.add(Tensors.ofFloats(new float[] {0.1f, 0, 0.3f, -1}, 1, 4, 1, 1));
  }

  @Test
  void state_isThatOfTheNetworkAndOfTheMixer() {
    Map<String, Tensor> expected = new LinkedHashMap<>(inner.parameters());

    assertThat(mixed.parameters().keySet())
        .containsAll(expected.keySet())
        .contains("mixer.conv.weight", "mixer.bn.weight", "mixer.bn.bias")
        .hasSize(expected.size() + 3);
    assertThat(mixed.buffers().keySet())
        .containsExactly(
            "norm.running_mean",
            "norm.running_var",
            "last.running_mean",
            "last.running_var",
            "mixer.bn.running_mean",
            "mixer.bn.running_var");
    assertThat(of(mixed, "mixer.conv.weight").shape()).containsExactly(4, 4, 1, 1);
    assertThat(mixed.layers()).extracting(Layer::name).endsWith("mixer.conv", "mixer.bn");
    assertThat(NetworkWithMixer.places(mixed)).containsExactly("relu");
    assertThat(NetworkWithMixer.places(inner)).isEmpty();
  }

  /** The normalisation divides by √(1 + 1e-5) and the rest of the network is not changed. */
  @Test
  void newMixer_changesNothingButByTheNormalisationsEpsilon() {
    Tensor x = images(4);
    double factor = 1 / Math.sqrt(1 + 1e-5);

    Tensor expected = inner.forward(x, Taps.at("relu", h -> h.mul(new Scalar(factor))));

    assertThat(mixed.forward(x).allclose(expected, 0, 1e-6, false)).isTrue();
    assertThat(mixed.forward(x).allclose(inner.forward(x), 0, 1e-4, false)).isTrue();
  }

  @Test
  void mixer_actsWhereItWasPut() {
    fillMixer();
    Tensor x = images(4);

    Tensor expected = inner.forward(x, Taps.at("relu", NetworkWithMixerTest::shuffledAndScaled));

    assertThat(mixed.forward(x).allclose(expected, 1e-4, 1e-4, false)).isTrue();
    assertThat(mixed.forward(x).allclose(inner.forward(x), 1e-2, 1e-2, false)).isFalse();
  }

  @Test
  void taps_seeWhatEntersAndWhatLeavesTheMixer() {
    fillMixer();
    Tensor x = images(2);
    Recorder before = new Recorder("relu", "mixer.bn");
    Recorder plain = new Recorder("relu");

    mixed.forward(x, before.taps());
    inner.forward(x, plain.taps());

    assertThat(before.get("relu").equal(plain.get("relu"))).isTrue();
    assertThat(
            before
                .get("mixer.bn")
                .allclose(shuffledAndScaled(plain.get("relu")), 1e-4, 1e-4, false))
        .isTrue();
  }

  @Test
  void everyTap_canReplaceWhatPasses() {
    Tensor x = images(2);
    Tensor before = mixed.forward(x);

    assertThat(mixed.tapNames()).contains("relu", "mixer.conv", "mixer.bn", "features");
    for (String tap : mixed.tapNames()) {
      Taps shift = Taps.at(tap, h -> h.mul(new Scalar(3.0)).add(new Scalar(2.0)));
      assertThat(mixed.forward(x, shift).allclose(before, 1e-4, 1e-4, false)).as(tap).isFalse();
    }
  }

  @Test
  void copy_computesTheSameAndIsIndependent() {
    fillMixer();
    Tensor x = images(3);
    Tensor before = mixed.forward(x);

    Network copy = mixed.copy();

    assertThat(copy.forward(x).equal(before)).isTrue();
    assertThat(NetworkWithMixer.places(copy)).containsExactly("relu");
    Tensors.withoutGradients(
        () -> {
          copy.state().values().forEach(Tensor::zero_);
          return true;
        });
    assertThat(mixed.forward(x).equal(before)).isTrue();
  }

  @Test
  void stateOfAFile_fitsTheArchitectureWithNewMixersAndNotTheBareOne() {
    fillMixer();
    Tensor x = images(3);

    Network rebuilt =
        NetworkWithMixer.with(
            new TwoBlocks().initialize(new Seed(5)), NetworkWithMixer.places(mixed));
    rebuilt.copyState(mixed.state());

    assertThat(rebuilt.forward(x).equal(mixed.forward(x))).isTrue();
    assertThatThrownBy(() -> new TwoBlocks().initialize(new Seed(5)).copyState(mixed.state()))
        .hasMessageContaining("mixer.conv.weight is unknown");
  }

  @Test
  void initialize_drawsTheNetworksWeightsAsWithoutMixer_andMixesNothing() {
    fillMixer();

    mixed.initialize(new Seed(7));

    Network plain = new TwoBlocks().initialize(new Seed(7));
    plain
        .state()
        .forEach((name, value) -> assertThat(value.equal(of(mixed, name))).as(name).isTrue());
    assertThat(of(mixed, "mixer.conv.weight").view(4, 4).equal(torch.eye(4))).isTrue();
    assertThat(Tensors.toFloats(of(mixed, "mixer.bn.running_var"))).containsOnly(1);
  }

  @Test
  void trainingMode_reachesTheMixersStatistics() {
    mixed.training(true);

    mixed.forward(images(4));

    assertThat(Tensors.toFloats(of(mixed, "mixer.bn.running_var"))).doesNotContain(1);
  }

  @Test
  void otherValues_takeThePlaceOfTheMixersToo() {
    fillMixer();
    Tensor x = images(3);
    Map<String, Tensor> identity = new LinkedHashMap<>(mixed.state());
    NetworkWithMixer.with(inner, List.of("relu"))
        .state()
        .forEach((name, value) -> identity.put(name, value));

    Tensor unmixed = mixed.forward(x, Taps.none(), identity);

    assertThat(unmixed.allclose(inner.forward(x), 0, 1e-4, false)).isTrue();
  }

  @Test
  void convNormPairs_areThoseOfThePassWithTheMixer() {
    assertThat(mixed.convNormPairs())
        .extracting(pair -> pair.conv().name() + " " + pair.norm().name())
        .containsExactly("first norm", "mixer.conv mixer.bn", "second last");
  }

  @Test
  void features_areTheNetworks_butTheLastBlockBeginsBehindTheMixer() {
    FeatureLayout layout = mixed.features();

    assertThat(layout).isEqualTo(inner.features().withStages(List.of("relu", "last"), "mixer.bn"));
    Network elsewhere = NetworkWithMixer.with(inner, List.of("last"));
    assertThat(elsewhere.features()).isEqualTo(inner.features());
  }

  @Test
  void secondMixer_hasANameOfItsOwn() {
    Network twice = NetworkWithMixer.with(mixed, List.of("mixer.bn"));
    Tensor x = images(2);
    set(twice, "mixer2.bn.bias", Tensors.ofFloats(new float[] {1, -1, 2, 0}));

    assertThat(NetworkWithMixer.places(twice)).containsExactly("relu", "mixer.bn");
    assertThat(twice.parameters()).containsKeys("mixer.conv.weight", "mixer2.conv.weight");
    assertThat(twice.features().lastBlock()).isEqualTo("mixer2.bn");
    assertThat(twice.copy().forward(x).equal(twice.forward(x))).isTrue();
    Network rebuilt = NetworkWithMixer.with(new TwoBlocks(), NetworkWithMixer.places(twice));
    rebuilt.load(twice.state());
    assertThat(rebuilt.forward(x).equal(twice.forward(x))).isTrue();
  }

  @Test
  void withoutPlaces_itIsTheNetworkItself() {
    assertThat(NetworkWithMixer.with(inner, List.of())).isSameAs(inner);
  }

  @Test
  void place_thatIsNoTapOrNoFeatureMap_isRefused() {
    assertThatThrownBy(() -> NetworkWithMixer.mixerFor(inner, "relu9"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no tap 'relu9'");
    assertThatThrownBy(() -> NetworkWithMixer.mixerFor(inner, "features"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'features' has 2 dimensions");
  }

  @Test
  void passesOfTheWhole_areCountedOnce() {
    PassMeter meter = new PassMeter();
    inner.meter(meter);
    Network counted = NetworkWithMixer.with(inner, List.of("relu")).copy();

    counted.forward(images(3));

    assertThat(meter.passes().images()).isEqualTo(3);
  }

  @Test
  void applyKeepingStatistics_usesThoseOfTheBatchAndMovesNone() {
    ChannelMixer mixer = new ChannelMixer("mixer", 4);
    Tensor h = torch.relu(Tensors.uniform(Tensors.generator(new Seed(4)), -1, 3, 5, 4, 2, 2));
    mixer.training(true);

    Tensor y = mixer.applyKeepingStatistics(h);

    assertThat(Tensors.toFloats(mixer.buffers().get("mixer.bn.running_mean"))).containsOnly(0);
    assertThat(Tensors.toFloats(mixer.buffers().get("mixer.bn.running_var"))).containsOnly(1);
    Tensor means = y.mean(0, 2, 3);
    assertThat(means.abs().max().item_double()).isLessThan(1e-5);
    assertThat(y.equal(mixer.apply(h))).isTrue();
    assertThat(Tensors.toFloats(mixer.buffers().get("mixer.bn.running_mean"))).doesNotContain(0);
  }
}
