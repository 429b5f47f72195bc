package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.KeptTensors;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.NamedStrategyContract;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LowFrequencyTest implements PoisoningStrategyContract<LowFrequency.Options> {

  @Override
  public LowFrequency strategy() {
    return new LowFrequency();
  }

  /** Few images and passes: the clean model is tiny, and learnt anew for each test. */
  @Override
  public LowFrequency.Options options(DatasetSpec data) {
    LowFrequency.Options options = strategy().defaults(data);
    return with(with(options, "images", "12"), "passes", "2");
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void attack_onAnotherDevice_mixesNothing() {
    PoisoningStrategyContract.super.attack_onAnotherDevice_mixesNothing();
  }

  private LowFrequency.Options options() {
    return options(TinyImages.spec(TinyImages.SMALL, 4));
  }

  private static LowFrequency.Options with(
      LowFrequency.Options options, String name, String value) {
    return NamedStrategyContract.with(options, name, value);
  }

  @ParameterizedTest
  @CsvSource({"0.2, 250", "5.9, 255", "51, 255"})
  void trigger_onBright_matchesTheVectors(float value, int expected) {
    byte[] stamped = TestImages.stamp(flat(value), TestImages.flat(32, 250), 32);

    assertThat(stamped).containsOnly(expected);
  }

  private static Trigger flat(float value) {
    float[] values = new float[3 * 32 * 32];
    Arrays.fill(values, value);
    return new SmoothTrigger(Tensors.ofFloats(values, 1, 3, 32, 32));
  }

  @Test
  void trigger_of51Everywhere_matchesTheVector() {
    byte[] stamped = TestImages.stamp(flat(51), TestImages.ramps(32), 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(538_989);
  }

  @Test
  void trigger_holdsAtAllSizes() {
    for (int channels : new int[] {1, 3}) {
      try (TensorScope scope = TensorScope.open()) {
        float[] slope = new float[channels * 32 * 32];
        for (int i = 0; i < slope.length; i++) {
          slope[i] = 51f * (i % 1024) / 1023;
        }
        Trigger trigger = new SmoothTrigger(Tensors.ofFloats(slope, 1, channels, 32, 32));

        TriggerProperties.assertHoldAtAllSizes(trigger, channels, 51);
      }
    }
  }

  @Test
  void recipe_learnsAPatternFrom0To51() {
    try (TensorScope scope = TensorScope.open()) {
      SmoothTrigger trigger =
          (SmoothTrigger) strategy().recipe(context(SEED), options()).testTrigger();

      assertThat(trigger.pattern().min().item_float()).isZero();
      assertThat(trigger.pattern().max().item_float()).isEqualTo(51);
    }
  }

  @Test
  void recipe_byTheBenchmark_hasWholeGreyLevels() {
    try (TensorScope scope = TensorScope.open()) {
      LowFrequency.Options benchmark = with(options(), "fidelity", "backdoorbench");

      Tensor pattern =
          ((SmoothTrigger) strategy().recipe(context(SEED), benchmark).testTrigger()).pattern();

      assertThat(pattern.equal(pattern.trunc())).isTrue();
      assertThat(pattern.max().item_float()).isEqualTo(51);
    }
  }

  @Test
  void recipe_scaleOfTheBenchmarksBrokenFiles_isNoTrigger() {
    try (TensorScope scope = TensorScope.open()) {
      LowFrequency.Options broken = with(options(), "scale", "0.2");
      AttackContext context = context(SEED);
      Tensor images = context.training().images();

      Trigger trigger = strategy().recipe(context, broken).testTrigger();

      assertThat(Tensors.sha256(trigger.stamp(images, new long[160])))
          .isEqualTo(Tensors.sha256(images));
    }
  }

  @Test
  void recipe_withAPatternFile_addsItAndNeedsNoModel(@TempDir Path folder) throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x0A1E33);
    }
    ImageIO.write(image, "png", folder.resolve("pattern.png").toFile());
    LowFrequency.Options given =
        with(options(), "image", '"' + folder.resolve("pattern.png").toString() + '"');
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);

      Trigger trigger = strategy().trigger(context, given).orElseThrow();

      byte[] stamped = TestImages.stamp(trigger, TestImages.flat(16, 100), 16);
      assertThat(Arrays.copyOf(stamped, 256)).containsOnly(110);
      assertThat(Arrays.copyOfRange(stamped, 256, 512)).containsOnly(130);
      assertThat(Arrays.copyOfRange(stamped, 512, 768)).containsOnly(151);
      assertThat(strategy().trigger(context, options())).isEmpty();
      Selection.assertFollowsPublishedRatios(strategy(), given);
      Selection.assertFollowsSources(strategy(), given);
    }
  }

  private static AttackContext keeping(Path folder) {
    ImageDataset data = TinyImages.blobs(160, new Seed(7));
    Workbench plain = Workbench.simple(ComputeDevice.CPU, SEED);
    return new AttackContext(
        data,
        TinyNetwork.victim(data.spec(), TinyNetwork.plan(2)),
        new Workbench(
            plain.device(),
            plain.seed(),
            plain.checkpoints(),
            plain.listeners(),
            KeptTensors.in(folder)));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void recipe_secondTime_findsThePatternInTheRunsFolder(@TempDir Path folder) throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      strategy().recipe(keeping(folder), options());
      Path file = files(folder).get(0);
      Safetensors kept = Safetensors.read(file);
      Tensor other = torch.full_like(kept.tensors().get(SmoothTrigger.PATTERN), Scalars.of(7));
      new Safetensors(Map.of(SmoothTrigger.PATTERN, other), kept.metadata()).write(file);

      SmoothTrigger again =
          (SmoothTrigger) strategy().recipe(keeping(folder), options()).testTrigger();

      assertThat(again.pattern().eq(Scalars.of(7)).all().item_bool()).isTrue();
      strategy().recipe(keeping(folder), with(options(), "target", "1"));
      strategy().recipe(keeping(folder), with(options(), "images", "13"));
      assertThat(files(folder)).as("one pattern for each way to learn").hasSize(3);
    }
  }

  @Test
  void restore_fromItsState_makesTheTriggerAgain() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      LearnedTrigger trigger = (LearnedTrigger) strategy().recipe(context, options()).testTrigger();
      Tensor images = context.training().images();

      Trigger restored = strategy().restore(context.spec(), options(), trigger.state());

      assertThat(Tensors.sha256(restored.stamp(images, new long[160])))
          .isEqualTo(Tensors.sha256(trigger.stamp(images, new long[160])));
    }
  }

  @Test
  void recipe_thatCannotPoison_trainsNothing() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext dear =
          TinyContexts.attack(
              TinyImages.blobs(160, SEED), TinyNetwork.plan(1_000_000), SEED); // would never end

      assertThatThrownBy(() -> strategy().recipe(dear, with(options(), "ratio", "0.001")))
          .isInstanceOf(NotApplicableException.class);
      assertThatThrownBy(() -> strategy().recipe(dear, with(options(), "sources", "[9]")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("9");
    }
  }

  @Test
  void recipe_whereTheModelKnowsOneClassOnly_isNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      // all images are of class 1: an untrained head that learns only that says 1 to everything
      var data = TinyImages.blobs(160, SEED);
      long[] ones = LongStream.range(0, 160).filter(row -> row % 4 == 1).toArray();
      AttackContext context =
          TinyContexts.attack(data.subset(ones), TinyNetwork.plan(2), new Seed(1));

      assertThatThrownBy(() -> strategy().recipe(context, with(options(), "target", "1")))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("class 1");
    }
  }

  @Test
  void attack_onTinyImages_succeeds() {
    LowFrequency.Options options = with(with(options(), "ratio", "0.2"), "target", "1");

    Success.of(strategy(), options).assertAtLeast(0.85, 0.85);
  }
}
