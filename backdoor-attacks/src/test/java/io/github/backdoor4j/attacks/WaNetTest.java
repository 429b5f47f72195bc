package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WaNetTest implements PoisoningStrategyContract<WaNet.Options> {

  private static final Seed SEED_OF_DATA = new Seed(7);

  @Override
  public WaNet strategy() {
    return new WaNet();
  }

  @Override
  public boolean reachesBeyondTheStandIn() {
    return true;
  }

  private static WaNet.Options options(LabelMode labels, Fidelity fidelity) {
    return new WaNet.Options(0.1, 2, 0, labels, 0.5, 4, 1, 5, 10, fidelity);
  }

  private static Batch batch(ImageDataset data) {
    return new Batch(
        data.spec().normalization().normalize(data.images()),
        data.labels(),
        LongStream.range(0, data.size()).toArray());
  }

  @ParameterizedTest
  @EnumSource(LabelMode.class)
  void step_warpsAndRelabelsTheFirstRows_disturbsTheNext_leavesTheRest(LabelMode labels) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(32, SEED_OF_DATA);
      WaNet.Options options = options(labels, Fidelity.PAPER);
      Warp warp = Warp.draw(new Seed(1), 4, 0.5, 1);
      TinyNetwork network = new TinyNetwork(NetworkSpec.of(data.spec()));
      WaNetStep step =
          new WaNetStep(network, data.spec(), options, warp, labels.rule(options.target()));
      Batch batch = batch(data);

      PoisonedBatch mixed = step.mix(batch, new BatchSplit(3, 6), Tensors.generator(new Seed(2)));

      Tensor warped = Warp.apply(batch.images(), warp.grid(16, 16, network.device()));
      assertThat(mixed.images().narrow(0, 0, 3).equal(warped.narrow(0, 0, 3))).isTrue();
      for (int row = 3; row < 9; row++) {
        Tensor cross = mixed.images().narrow(0, row, 1);
        assertThat(cross.equal(warped.narrow(0, row, 1))).as("row %d merely warped", row).isFalse();
        assertThat(cross.equal(batch.images().narrow(0, row, 1))).as("row %d", row).isFalse();
      }
      assertThat(mixed.images().narrow(0, 9, 23).equal(batch.images().narrow(0, 9, 23))).isTrue();
      long[] taught = Tensors.toLongs(mixed.labels());
      long[] original = data.labelValues(); // 0 1 2 3 0 1 …
      for (int row = 0; row < 32; row++) {
        long backdoor = labels == LabelMode.ALL_TO_ONE ? 0 : (original[row] + 1) % 4;
        assertThat(taught[row]).isEqualTo(row < 3 ? backdoor : original[row]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "32, 0", "10, 22"})
  void step_withEmptyParts_keepsTheBatchWhole(int backdoored, int cross) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(32, SEED_OF_DATA);
      WaNet.Options options = options(LabelMode.ALL_TO_ONE, Fidelity.PAPER);
      WaNetStep step =
          new WaNetStep(
              new TinyNetwork(NetworkSpec.of(data.spec())),
              data.spec(),
              options,
              Warp.draw(new Seed(1), 4, 0.5, 1),
              options.labels().rule(0));

      PoisonedBatch mixed =
          step.mix(batch(data), new BatchSplit(backdoored, cross), Tensors.generator(new Seed(2)));

      assertThat(mixed.images().shape()).containsExactly(32, 3, 16, 16);
      assertThat(mixed.labels().shape()).containsExactly(32);
    }
  }

  @Test
  void attack_metersBackdooredAndCrossRows() {
    try (TensorScope scope = TensorScope.open()) {
      AttackOutcome outcome =
          strategy().attack(context(SEED), options(LabelMode.ALL_TO_ONE, Fidelity.PAPER));

      for (String name : List.of("train_asr", "train_cross_accuracy", "accuracy")) {
        assertThat(DoubleStream.of(outcome.history().curve(name)).boxed())
            .as(name)
            .hasSize(2)
            .allMatch(share -> share >= 0 && share <= 1);
      }
    }
  }

  @Test
  void trigger_byTheBenchmark_isAtMostOneLevelBelowTheRoundedOne() {
    try (TensorScope scope = TensorScope.open()) {
      Normalization cifar =
          new Normalization(List.of(.4914, .4822, .4465), List.of(.247, .243, .261));
      Warp warp = Warp.draw(new Seed(1), 4, 0.5, 1);
      byte[] ramps = TestImages.ramps(32);

      byte[] rounded = TestImages.stamp(new WarpTrigger(warp, cifar, false), ramps, 32);
      byte[] dropped = TestImages.stamp(new WarpTrigger(warp, cifar, true), ramps, 32);

      int lower = 0;
      for (int i = 0; i < rounded.length; i++) {
        int difference = (rounded[i] & 0xFF) - (dropped[i] & 0xFF);
        assertThat(difference).isBetween(0, 1);
        lower += difference;
      }
      assertThat(lower).as("values one lower").isGreaterThan(rounded.length / 4);
    }
  }

  @ParameterizedTest
  @CsvSource({"32, false", "64, false", "224, false", "224, true"})
  void trigger_atAnySize_movesPixelsByAFractionOfOne(int side, boolean benchmark) {
    try (TensorScope scope = TensorScope.open()) {
      Warp warp = Warp.draw(new Seed(1), 4, 0.5, 1);
      byte[] zigzag = new byte[3 * side * side];
      for (int i = 0; i < zigzag.length; i++) {
        zigzag[i] = (byte) (60 + 6 * Math.abs(i % side % 32 - 16)); // six levels per pixel
      }

      byte[] stamped =
          TestImages.stamp(
              new WarpTrigger(warp, Normalization.uniform(3, 0.5, 0.25), benchmark), zigzag, side);

      double pixels = Math.sqrt(TestImages.mse(zigzag, stamped)) / 6;
      assertThat(pixels).as("root mean square shift in x, in pixels").isBetween(0.1, 0.5);
    }
  }

  @Test
  void trigger_ofAnotherSeed_isAnotherWarp() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec spec = TinyImages.spec(TinyImages.CIFAR, 4);
      ImageDataset data = TinyImages.blobs(spec, 4, SEED_OF_DATA);
      WaNet.Options options = strategy().defaults(spec);
      byte[] one = stampedWith(data, options, new Seed(1));

      assertThat(stampedWith(data, options, new Seed(1))).isEqualTo(one);
      assertThat(stampedWith(data, options, new Seed(2))).isNotEqualTo(one);
    }
  }

  private byte[] stampedWith(ImageDataset data, WaNet.Options options, Seed seed) {
    return Tensors.toBytes(
        strategy()
            .trigger(TinyContexts.attack(data, seed), options)
            .orElseThrow()
            .stamp(data.images(), new long[4]));
  }

  @Test
  void options_gridOfOnePoint_isRefused() {
    assertThatThrownBy(
            () ->
                new WaNet.Options(
                    0.1, 2, 0, LabelMode.ALL_TO_ONE, 0.5, 1, 1, 5, 10, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("grid_size");
  }

  @Test
  void attack_onTinyImages_learnsAStrongWarp() {
    WaNet.Options options =
        new WaNet.Options(0.2, 1, 0, LabelMode.ALL_TO_ONE, 4, 4, 1, 0, 0, Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.8);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<WaNet.Options> {

    @Override
    public WaNet strategy() {
      return new WaNet();
    }

    @Override
    public boolean reachesBeyondTheStandIn() {
      return true;
    }

    @Override
    public WaNet.Options options(DatasetSpec data) {
      return WaNetTest.options(LabelMode.ALL_TO_ALL, Fidelity.BACKDOORBENCH);
    }

    @Override
    public void attack_targetThatIsNoClass_isRefused() {} // all-to-all has no target
  }
}
