package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BppTest implements PoisoningStrategyContract<Bpp.Options> {

  private static final Quantizer EIGHT = new Quantizer(8, false);

  @Override
  public Bpp strategy() {
    return new Bpp();
  }

  @Override
  public boolean reachesBeyondTheStandIn() {
    return true;
  }

  private static Bpp.Options options(LabelMode labels, Fidelity fidelity) {
    return new Bpp.Options(0.1, 0.1, 0, labels, 8, false, 5, 10, fidelity);
  }

  @Test
  void trigger_byTheBenchmark_matchesTheVectors() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(new QuantizeTrigger(EIGHT, true), ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(398_338);
    assertThat(TestImages.mse(ramps, stamped)).isEqualTo(110.329, within(1e-3));
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(27.704, within(1e-3));
    assertThat(levels(stamped)).containsExactly(0, 36, 72, 109, 145, 182, 218, 255);
  }

  @Test
  void trigger_byThePaper_takesTheNearestGreyLevels() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(new QuantizeTrigger(EIGHT, false), ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(399_639);
    assertThat(TestImages.mse(ramps, stamped)).isEqualTo(110.148, within(1e-3));
    assertThat(levels(stamped)).containsExactly(0, 36, 73, 109, 146, 182, 219, 255);
    assertThat(TestImages.stamp(new QuantizeTrigger(EIGHT, false), stamped, 32)).isEqualTo(stamped);
  }

  private static Set<Integer> levels(byte[] image) {
    Set<Integer> levels = new TreeSet<>();
    for (byte value : image) {
      levels.add(value & 0xFF);
    }
    return levels;
  }

  private static Batch batch(ImageDataset data) {
    return new Batch(
        data.spec().normalization().normalize(data.images()),
        data.labels(),
        LongStream.range(0, data.size()).toArray());
  }

  private static BppStep step(ImageDataset data, Bpp.Options options) {
    return new BppStep(
        new TinyNetwork(NetworkSpec.of(data.spec())), data, options, options.labels().rule(0));
  }

  @ParameterizedTest
  @EnumSource(LabelMode.class)
  void step_squeezesAndRelabelsTheFirstRows_leavesTheLast(LabelMode labels) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(16, new Seed(7));
      Batch batch = batch(data);
      long[] lenders = {9, 9, 2, 0};

      PoisonedBatch mixed =
          step(data, options(labels, Fidelity.PAPER)).mix(batch, new BatchSplit(3, 4), lenders);

      double[] grey =
          Tensors.toDoubles(
              data.spec().normalization().toUnit(mixed.images()).mul(Tensors.scalar(255)));
      byte[] clean = Tensors.toBytes(data.images());
      int size = 3 * 16 * 16;
      for (int at = 0; at < 3 * size; at++) {
        double squeezed = Math.rint((clean[at] & 0xFF) / 255.0 * 7) / 7 * 255;
        assertThat(grey[at]).isEqualTo(squeezed, within(1e-3));
      }
      assertThat(mixed.images().narrow(0, 7, 9).equal(batch.images().narrow(0, 7, 9))).isTrue();
      long[] original = data.labelValues();
      long[] taught = Tensors.toLongs(mixed.labels());
      for (int row = 0; row < 16; row++) {
        long backdoor = labels == LabelMode.ALL_TO_ONE ? 0 : (original[row] + 1) % 4;
        assertThat(taught[row]).isEqualTo(row < 3 ? backdoor : original[row]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void step_addsToCrossRows_whatSqueezingAddsToOtherImages(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(8, new Seed(7));
      long[] lenders = {6, 1};

      PoisonedBatch mixed =
          step(data, options(LabelMode.ALL_TO_ONE, fidelity))
              .mix(batch(data), new BatchSplit(1, 2), lenders);

      double[] grey =
          Tensors.toDoubles(
              data.spec().normalization().toUnit(mixed.images()).mul(Tensors.scalar(255)));
      byte[] clean = Tensors.toBytes(data.images());
      int size = 3 * 16 * 16;
      for (int row = 1; row <= 2; row++) {
        for (int i = 0; i < size; i++) {
          int lent = clean[(int) lenders[row - 1] * size + i] & 0xFF;
          double squeezed = Math.rint(lent / 255.0 * 7) / 7 * 255;
          double stored = fidelity == Fidelity.PAPER ? squeezed : Math.floor(squeezed + 1e-9);
          double sum = (clean[row * size + i] & 0xFF) + stored - lent;
          double expected = Math.min(255, Math.max(0, sum));
          // the benchmark's clean images may be one level low
          double slack = fidelity == Fidelity.PAPER ? 0 : 0.5;
          assertThat(grey[row * size + i]).isEqualTo(expected + slack, within(slack + 1e-3));
        }
      }
    }
  }

  @Test
  void split_withoutBackdooredRows_hasNoNegatives() {
    try (TensorScope scope = TensorScope.open()) {
      var generator = Tensors.generator(new Seed(1));

      assertThat(BatchSplit.drawApart(0.1, 0.1, 128, generator)).isEqualTo(new BatchSplit(12, 12));
      assertThat(BatchSplit.drawApart(0.01, 0.1, 128, generator)).isEqualTo(new BatchSplit(1, 12));
      assertThat(BatchSplit.drawApart(0.9, 0.5, 10, generator)).isEqualTo(new BatchSplit(9, 1));
      for (int i = 0; i < 50; i++) {
        BatchSplit rare = BatchSplit.drawApart(0.001, 0.1, 128, generator);
        assertThat(rare.cross()).isEqualTo(rare.backdoored() == 0 ? 0 : 12);
      }
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
  void options_oneLevel_isRefused() {
    assertThatThrownBy(
            () ->
                new Bpp.Options(0.1, 0.1, 0, LabelMode.ALL_TO_ONE, 1, false, 5, 10, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("levels");
  }

  @Test
  void attack_onTinyImages_learnsCoarseSqueezing() {
    Bpp.Options options =
        new Bpp.Options(0.2, 0.1, 0, LabelMode.ALL_TO_ONE, 3, false, 0, 0, Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<Bpp.Options> {

    @Override
    public Bpp strategy() {
      return new Bpp();
    }

    @Override
    public boolean reachesBeyondTheStandIn() {
      return true;
    }

    @Override
    public Bpp.Options options(DatasetSpec data) {
      return new Bpp.Options(
          0.1, 0.1, 0, LabelMode.ALL_TO_ALL, 8, true, 5, 10, Fidelity.BACKDOORBENCH);
    }

    @Override
    public void attack_targetThatIsNoClass_isRefused() {} // all-to-all has no target
  }
}
