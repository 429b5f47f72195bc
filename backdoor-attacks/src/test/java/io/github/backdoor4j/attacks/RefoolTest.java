package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.NamedStrategyContract;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TriggerChecks;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefoolTest implements PoisoningStrategyContract<Refool.Options> {

  @Override
  public Refool strategy() {
    return new Refool();
  }

  private static Refool.Options options(String name, String value) {
    return NamedStrategyContract.with(
        new Refool().defaults(TinyImages.spec(TinyImages.SMALL, 4)), name, value);
  }

  private static Refool.Options options() {
    return options("ratio", "0.1");
  }

  private static AttackContext context(int images, Seed seed) {
    return TinyContexts.attack(TinyImages.blobs(images, new Seed(2)), seed);
  }

  private PoisonRecipe recipe(Refool.Options options) {
    return strategy().recipe(context(40, SEED), options);
  }

  private static String stamp(Trigger trigger, Tensor images, long... indices) {
    return Tensors.sha256(trigger.stamp(images, indices));
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_holdsAtAllSizes(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      for (int channels : new int[] {1, 3}) {
        for (int side : new int[] {28, 32, 64, 224}) {
          Tensor images = TriggerProperties.noise(channels, side);
          Tensor bank = TriggerProperties.noise(channels, 32);
          Trigger trigger =
              ReflectionTrigger.of(
                  options("fidelity", fidelity.name().toLowerCase(Locale.ROOT)), bank, SEED);

          TriggerChecks.assertPure(trigger, images);
        }
      }
    }
  }

  @Test
  void trigger_sameImage_isMirroredByIndexAndSeed() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor image = TinyImages.blobs(1, new Seed(3)).images();
      Trigger trigger = recipe(options()).testTrigger();
      Trigger other = strategy().recipe(context(40, new Seed(9)), options()).testTrigger();

      String first = stamp(trigger, image, 5);

      assertThat(stamp(recipe(options()).testTrigger(), image, 5)).isEqualTo(first);
      assertThat(stamp(trigger, image, 6)).isNotEqualTo(first);
      assertThat(stamp(other, image, 5)).isNotEqualTo(first);
      assertThat(stamp(recipe(options()).trainingTrigger(), image, 5))
          .as("training images are mirrored in ways of their own")
          .isNotEqualTo(first);
    }
  }

  @Test
  void bank_withoutFolder_holdsTrainingImagesOfOtherClasses() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(40, new Seed(2));
      List<String> allowed =
          LongStream.range(0, 40)
              .filter(row -> row % 4 != 0)
              .mapToObj(row -> Tensors.sha256(data.images().narrow(0, row, 1)))
              .toList();

      Tensor bank = ReflectionBank.ofTraining(data, 0, SEED);

      assertThat(bank.size(0)).isEqualTo(30);
      for (int i = 0; i < 30; i++) {
        assertThat(Tensors.sha256(bank.narrow(0, i, 1))).isIn(allowed);
      }
      assertThat(ReflectionBank.ofTraining(TinyImages.blobs(400, SEED), 0, SEED).size(0))
          .isEqualTo(200);
    }
  }

  @Test
  void bank_ofAFolder_holdsItsPicturesByName(@TempDir Path folder) throws IOException {
    write(folder.resolve("b.png"), 20, 60, 0x102030);
    write(folder.resolve("a.PNG"), 64, 16, 0xFFFFFF);
    Files.writeString(folder.resolve("notes.txt"), "no picture");
    try (TensorScope scope = TensorScope.open()) {
      byte[] bank =
          Tensors.toBytes(
              ReflectionBank.ofFolder(folder.toString(), TinyImages.spec(TinyImages.SMALL, 4)));

      assertThat(bank).hasSize(2 * 3 * 256);
      assertThat(Arrays.copyOf(bank, 3 * 256)).containsOnly(255);
      assertThat(Arrays.copyOfRange(bank, 3 * 256, 4 * 256)).containsOnly(0x10);
      assertThat(Arrays.copyOfRange(bank, 5 * 256, 6 * 256)).containsOnly(0x30);
      assertThat(
              ReflectionBank.ofFolder(
                      folder.toString(), TinyImages.spec(new ImageShape(1, 28, 28), 4))
                  .shape())
          .containsExactly(2, 1, 28, 28);
    }
  }

  private static void write(Path file, int width, int height, int rgb) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    ImageIO.write(image, "png", file.toFile());
  }

  @Test
  void bank_folderMissingOrEmpty_isRefused(@TempDir Path folder) {
    for (Path wrong : List.of(folder, folder.resolve("missing"))) {
      assertThatThrownBy(
              () -> ReflectionBank.ofFolder(wrong.toString(), TinyImages.spec(TinyImages.SMALL, 4)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(wrong.toString());
    }
  }

  @Test
  void trigger_beforeTraining_existsWithAFolderOnly(@TempDir Path folder) throws IOException {
    write(folder.resolve("a.png"), 8, 8, 0x808080);
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(40, SEED);
      Refool.Options given = options("reflections", '"' + folder.toString() + '"');
      Tensor images = context.training().images().narrow(0, 0, 2);

      assertThat(strategy().trigger(context, options())).isEmpty();
      assertThat(stamp(strategy().trigger(context, given).orElseThrow(), images, 0, 1))
          .isEqualTo(stamp(strategy().recipe(context, given).testTrigger(), images, 0, 1));
    }
  }

  @Test
  void restore_fromItsState_makesTheTriggerAgain() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = TinyImages.blobs(8, new Seed(3)).images();
      long[] indices = LongStream.range(0, 8).toArray();
      LearnedTrigger trigger = (LearnedTrigger) recipe(options()).testTrigger();

      Trigger restored =
          strategy().restore(TinyImages.spec(TinyImages.SMALL, 4), options(), trigger.state());

      assertThat(stamp(restored, images, indices)).isEqualTo(stamp(trigger, images, indices));
      assertThatThrownBy(
              () -> strategy().restore(TinyImages.spec(TinyImages.SMALL, 4), options(), Map.of()))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("reflections");
    }
  }

  @Test
  void fidelity_changesGhostsOnly() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = TinyImages.blobs(4, new Seed(3)).images();
      Tensor bank = TriggerProperties.noise(3, 16);

      for (String rate : List.of("0", "1")) {
        Refool.Options paper = options("ghost_rate", rate);
        Refool.Options benchmark = NamedStrategyContract.with(paper, "fidelity", "backdoorbench");
        boolean same =
            stamp(ReflectionTrigger.of(paper, bank, SEED), images, 0, 1, 2, 3)
                .equals(stamp(ReflectionTrigger.of(benchmark, bank, SEED), images, 0, 1, 2, 3));

        assertThat(same).as("ghost_rate %s", rate).isEqualTo(rate.equals("0"));
      }
    }
  }

  @Test
  void recipe_imagesTooSmallForTheBlur_areRefused() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(TinyImages.spec(new ImageShape(3, 10, 12), 4), 8, SEED);

      assertThatThrownBy(
              () -> strategy().recipe(TinyContexts.attack(data, SEED), options("ratio", "0.5")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("11")
          .hasMessageContaining("3x10x12");
    }
  }

  @Test
  void selection_followsRatiosAndSources() {
    Selection.assertFollowsPublishedRatios(strategy(), options());
    Selection.assertFollowsPublishedRatios(strategy(), options("clean_label", "true"));
    Selection.assertFollowsSources(strategy(), options());
  }

  @Test
  void cleanLabel_poisonsTheTargetClassAlone() {
    Refool.Options share =
        NamedStrategyContract.with(options("clean_label", "true"), "ratio_of", "eligible");
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(80, SEED);

      var poisoned =
          context.poison(
              strategy().recipe(context, NamedStrategyContract.with(share, "ratio", "0.2")));

      assertThat(LongStream.of(poisoned.poisonedRows()).map(row -> row % 4))
          .hasSize(4) // 20 % of the 20 images of class 0
          .containsOnly(0L);
    }
  }

  @Test
  void cleanLabel_withAllToAllOrSources_isRefused() {
    Refool.Options clean = options("clean_label", "true");

    assertThatThrownBy(() -> NamedStrategyContract.with(clean, "labels", "all-to-all"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("clean_label");
    assertThatThrownBy(() -> NamedStrategyContract.with(clean, "sources", "[1]"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("sources");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Refool.Options options =
        new Refool.Options(
            0.2,
            0,
            LabelMode.ALL_TO_ONE,
            List.of(),
            false,
            PoisonRate.Of.DATASET,
            "",
            0.49,
            0.4,
            Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.85, 0.85);
  }
}
