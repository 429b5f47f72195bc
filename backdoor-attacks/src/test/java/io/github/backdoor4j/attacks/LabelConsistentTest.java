package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelConsistentTest implements PoisoningStrategyContract<LabelConsistent.Options> {

  private static final CornerTrigger FULL = new CornerTrigger(255, false, false);

  @Override
  public LabelConsistent strategy() {
    return new LabelConsistent();
  }

  private static LabelConsistent.Options options(double epsilon, int steps, Fidelity fidelity) {
    return new LabelConsistent.Options(
        0.1,
        PoisonRate.Of.DATASET,
        0,
        255,
        255,
        LabelConsistent.Norm.LINF,
        epsilon,
        4,
        steps,
        1,
        1,
        0,
        fidelity);
  }

  @Override
  public LabelConsistent.Options options(DatasetSpec data) {
    return options(16, 3, Fidelity.PAPER);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void corners_onRamps_matchTheVectors(boolean benchmark) {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(new CornerTrigger(255, benchmark, benchmark), ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(397_688);
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(19.185, within(5e-4));
    int changed = 0;
    for (int i = 0; i < 32 * 32; i++) {
      changed += ramps[i] == stamped[i] ? 0 : 1;
    }
    assertThat(changed).as("changed pixels").isBetween(30, 36);
  }

  @Test
  void corners_onGrey_areTheFourPatterns() {
    byte[] grey =
        TestImages.stamp(new CornerTrigger(16, false, true), TestImages.flat(32, 128), 32);

    String[] rows = {"+--", "-+-", "+-+", "--+", "-+-", "+-+"};
    for (int row = 0; row < 3; row++) {
      for (int top : new int[] {0, 29}) {
        int[] values = TestImages.row(grey, 32, top + row);
        assertThat(signs(values, 0)).isEqualTo(rows[row]);
        assertThat(signs(values, 29)).isEqualTo(rows[row + 3]);
      }
    }
    assertThat(count(grey, 144)).as("brighter values").isEqualTo(3 * 16);
    assertThat(count(grey, 112)).as("darker values").isEqualTo(3 * 20);
    assertThat(count(grey, 128)).as("values left").isEqualTo(3 * (1024 - 36));
  }

  private static String signs(int[] row, int from) {
    StringBuilder signs = new StringBuilder();
    for (int x = from; x < from + 3; x++) {
      signs.append(row[x] > 128 ? '+' : row[x] < 128 ? '-' : '0');
    }
    return signs.toString();
  }

  private static int count(byte[] image, int value) {
    int count = 0;
    for (byte pixel : image) {
      count += (pixel & 0xFF) == value ? 1 : 0;
    }
    return count;
  }

  @Test
  void corners_at64Pixels_areEnlargedByTheBenchmarkOnly() {
    byte[] grey = TestImages.flat(64, 128);

    byte[] crisp = TestImages.stamp(FULL, grey, 64);
    byte[] enlarged = TestImages.stamp(new CornerTrigger(255, true, true), grey, 64);

    assertThat(count(crisp, 128)).isEqualTo(3 * (64 * 64 - 36));
    assertThat(count(enlarged, 128)).isEqualTo(3 * (64 * 64 - 144));
    assertThat(TestImages.row(enlarged, 64, 0)).startsWith(255, 255, 0, 0, 0, 0, 128);
    assertThat(TestImages.row(enlarged, 64, 1)).isEqualTo(TestImages.row(enlarged, 64, 0));
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trainingTrigger_keepsToTheBoundOutsideTheCorners_andRaisesTheLoss(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(200, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(6), new Seed(1));
      Network network = context.cleanModel();
      LabelConsistent.Options options = options(16, 20, fidelity);
      AdversarialTrigger trigger =
          new AdversarialTrigger(
              network,
              data.spec(),
              0,
              new Pgd(16 / 255.0, 4 / 255.0, 20, true),
              options.corners(255));
      long[] zeros = LongStream.range(0, 50).map(i -> 4 * i).toArray();
      Tensor images = Tensors.rows(data.images(), zeros);

      Tensor stamped = trigger.stamp(images, zeros);

      Tensor change = stamped.narrow(2, 3, 10).to(ScalarType.Int);
      Tensor largest = change.sub(images.narrow(2, 3, 10)).abs().max();
      // dropping a fraction may cost one level more
      int bound = fidelity == Fidelity.PAPER ? 16 : 17;
      assertThat(largest.item_int()).isBetween(bound - 1, bound);
      assertThat(hits(network, stamped, data))
          .as("images still told right")
          .isLessThan(hits(network, FULL.stamp(images, zeros), data) - 10);
    }
  }

  private static int hits(Network network, Tensor images, ImageDataset data) {
    long[] predicted =
        Inference.on(ComputeDevice.CPU).predict(network, images, data.spec().normalization());
    return (int) LongStream.of(predicted).filter(label -> label == 0).count();
  }

  @Test
  void adversarialTraining_makesTheSurrogateHarderToFool() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(240, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(6), new Seed(1));
      Network robust = context.newVictim();
      AdversarialStep step =
          new AdversarialStep(robust, data.spec(), new Pgd(24 / 255.0, 20 / 255.0, 3, true));
      context.trainer("surrogate").fit(robust, data, context.plan(), step, new Seed(2));

      double clean = lossUnderAttack(context.cleanModel(), data);
      double hardened = lossUnderAttack(robust, data);

      assertThat(hardened).as("loss of the hardened network").isLessThan(0.5 * clean);
    }
  }

  private static double lossUnderAttack(Network network, ImageDataset data) {
    Tensor unit = data.images().div(Tensors.scalar(255));
    Pgd attack = new Pgd(24 / 255.0, 6 / 255.0, 10, true);
    Tensor hard =
        attack.run(
            unit, unit, x -> AdversarialTrigger.loss(network, data.spec(), x, data.labels()));
    return AdversarialTrigger.loss(network, data.spec(), hard, data.labels()).item_double();
  }

  @Test
  void trigger_existsWithoutAnyTraining() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(8, new Seed(3));
      AttackContext context =
          new AttackContext(
              data,
              new io.github.backdoor4j.core.spi.Victim(
                  () -> {
                    throw new AssertionError("no network is needed");
                  },
                  TinyNetwork.plan(1)),
              Workbench.simple(ComputeDevice.CPU, new Seed(1)));

      assertThat(strategy().trigger(context, options(data.spec())))
          .contains(new CornerTrigger(255, false, false));
    }
  }

  @Test
  void attack_ratioBeyondTheTargetClass_isRefusedBeforeAnyTraining() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(80, new Seed(3));
      AttackContext context =
          new AttackContext(
              data,
              new io.github.backdoor4j.core.spi.Victim(
                  () -> {
                    throw new AssertionError("trained before checking");
                  },
                  TinyNetwork.plan(1)),
              Workbench.simple(ComputeDevice.CPU, new Seed(1)));
      LabelConsistent.Options tooMany =
          new LabelConsistent.Options(
              0.3,
              PoisonRate.Of.DATASET,
              0,
              255,
              255,
              LabelConsistent.Norm.LINF,
              16,
              1.5,
              3,
              1,
              1,
              0,
              Fidelity.PAPER);

      assertThatThrownBy(() -> strategy().attack(context, tooMany))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("20");
    }
  }

  @Test
  void recipe_byEuclideanNorm_boundsTheLengthOfTheChange() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(80, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(2), new Seed(1));
      LabelConsistent.Options options =
          Options.bind(
              "label-consistent",
              options(16, 10, Fidelity.PAPER),
              Map.of("norm", "l2", "epsilon", "400", "step", "100"));
      Tensor images = data.images().narrow(0, 0, 8);

      Tensor stamped =
          strategy().recipe(context, options).trainingTrigger().stamp(images, new long[8]);

      Tensor change = FULL.stamp(images, new long[8]).to(ScalarType.Float).sub(stamped);
      float[] lengths = Tensors.toFloats(change.flatten(1, -1).square().sum(1L).sqrt());
      // the ends of the range and the corners take some of it, rounding adds at most half a level
      double rounding = 0.5 * Math.sqrt(3 * 16 * 16);
      for (float length : lengths) {
        assertThat((double) length).isBetween(100.0, 400 + rounding);
      }
    }
  }

  @Test
  void options_largestChangeBeyondTheRange_isRefused_butNotALongOne() {
    LabelConsistent.Options start = options(16, 3, Fidelity.PAPER);

    assertThatThrownBy(() -> Options.bind("label-consistent", start, Map.of("epsilon", "300")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("epsilon");
    assertThat(
            Options.bind("label-consistent", start, Map.of("epsilon", "300", "norm", "l2"))
                .epsilon())
        .isEqualTo(300);
  }

  @Test
  void corners_onImagesOfFivePixels_areRefused() {
    assertThatThrownBy(() -> TestImages.stamp(FULL, TestImages.flat(5, 1), 5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("5x5");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    LabelConsistent.Options options =
        new LabelConsistent.Options(
            1,
            PoisonRate.Of.ELIGIBLE,
            0,
            255,
            255,
            LabelConsistent.Norm.LINF,
            48,
            6,
            12,
            2,
            1,
            0,
            Fidelity.PAPER);

    // no clean image of the target class is left: that quarter of the accuracy is the price
    Success.of(strategy(), options).assertAtLeast(0.7, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<LabelConsistent.Options> {

    @Override
    public LabelConsistent strategy() {
      return new LabelConsistent();
    }

    @Override
    public LabelConsistent.Options options(DatasetSpec data) {
      return LabelConsistentTest.options(8, 2, Fidelity.BACKDOORBENCH);
    }
  }
}
