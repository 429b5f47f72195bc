package io.github.backdoor4j.datasets;

import static io.github.backdoor4j.datasets.OfficialArchives.assertAsExpected;
import static io.github.backdoor4j.datasets.OfficialArchives.edit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TinyImageNetTest implements DatasetSourceContract {

  private static final String ARCHIVE = "tiny-imagenet-200.zip";
  private static final String FIRST = "train/n01443537/images/n01443537_0.JPEG";

  private static final SortedMap<String, String> CLASSES =
      new TreeMap<>(
          Map.of("n01443537", "goldfish", "n02124075", "Egyptian cat", "n12267677", "acorn"));

  @TempDir private Path packed;
  @TempDir private Path folder;
  private Path unpacked;
  private TensorScope scope;

  @BeforeEach
  void write() throws IOException {
    OfficialArchives.copy(packed, ARCHIVE);
    OfficialArchives.unpack(folder, ARCHIVE);
    unpacked = folder.resolve("tiny-imagenet-200");
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Override
  public DatasetSource<?> source() {
    return new TinyImageNet(CLASSES, 4, 2);
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(packed);
  }

  private static Splits load(Path folder) {
    return new TinyImageNet(CLASSES, 4, 2).load(Optional.of(folder), NoOptions.NONE);
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> load(unpacked))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(unpacked.toString())
        .hasMessageContainingAll(parts);
  }

  @Test
  void spec_isTheBenchmarks() {
    DatasetSpec spec = new TinyImageNet().published().orElseThrow();

    assertThat(spec.shape()).isEqualTo(new ImageShape(3, 64, 64));
    assertThat(spec.classNames()).hasSize(200).doesNotHaveDuplicates();
    assertThat(spec.classNames().get(0)).isEqualTo("goldfish");
    assertThat(spec.classNames().get(32)).isEqualTo("Egyptian cat");
    assertThat(spec.classNames().get(199)).isEqualTo("acorn");
    assertThat(spec.normalization().mean()).containsExactly(0.4802, 0.4481, 0.3975);
    assertThat(spec.normalization().std()).containsExactly(0.2302, 0.2265, 0.2262);
    assertThat(spec.augmentation()).isEqualTo(new Augmentation(4, false));
  }

  @Test
  void officialClasses_areSortedWordNetIds() {
    assertThat(TinyImageNetFiles.officialClasses().keySet())
        .hasSize(200)
        .allMatch(id -> id.matches("n\\d{8}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ARCHIVE})
  void archive_givesWhatTorchvisionSees(String given) throws IOException {
    Splits found = load(packed.resolve(given));

    assertAsExpected(found.training(), "tiny", "training", 0.5);
    assertAsExpected(found.test(), "tiny", "test", 0.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tiny-imagenet-200"})
  void unpackedFolder_givesTheSame(String given) throws IOException {
    Splits packedOnes = load(packed);

    Splits found = load(folder.resolve(given));

    assertThat(found.training().contentHash()).isEqualTo(packedOnes.training().contentHash());
    assertThat(found.test().contentHash()).isEqualTo(packedOnes.test().contentHash());
  }

  @Test
  void archiveInAnotherOrder_givesTheSame() throws IOException {
    Splits first = load(packed);
    OfficialArchives.pack(folder, packed.resolve(ARCHIVE));

    assertThat(load(packed).training().contentHash()).isEqualTo(first.training().contentHash());
  }

  @Test
  void noFolder_isTheCallersMistake() {
    assertThatThrownBy(() -> new TinyImageNet().load(Optional.empty(), NoOptions.NONE))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'tiny-imagenet' is not embedded", "cs231n.stanford.edu");
  }

  @Test
  void otherClasses_areRefusedForUsers() {
    assertThatThrownBy(() -> new TinyImageNet().load(folder(), NoOptions.NONE))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("wnids.txt", "200 official WordNet ids, but lists 3, 0 of them");
  }

  @ParameterizedTest(name = "{3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "wnids.txt | n12267677 | n99999999 | lists 3, 1 of them others",
        "val/val_annotations.txt | n12267677 | n99999999 | line 2: 'n99999999' is none of the 3",
        "val/val_annotations.txt | n12267677 | n01443537 | val has 4 images of class n01443537, 2",
        "val/val_annotations.txt | val_10.JPEG | val_1.JPEG | line 4: val_1.JPEG is listed twice",
        "val/val_annotations.txt | val_10.JPEG | ../val_10.JPEG | is no file name and WordNet",
        "val/val_annotations.txt | val_10.JPEG | val_7.JPEG | have no row in the tables: val_10",
      })
  void listThatDoesNotFit_isRefused(String file, String from, String to, String complaint)
      throws IOException {
    edit(unpacked.resolve(file), from, to);

    assertRefused(complaint);
  }

  @Test
  void annotationsWithoutTabs_areRefused_withTheLine() throws IOException {
    edit(unpacked.resolve("val/val_annotations.txt"), "\t", " ");

    assertRefused("val_annotations.txt, line 1", "with a tab between");
  }

  @Test
  void annotationsMissing_areNamed() throws IOException {
    Files.delete(unpacked.resolve("val/val_annotations.txt"));

    assertRefused("val/val_annotations.txt", "is missing");
  }

  @Test
  void missingTestImage_isNamed() throws IOException {
    Files.delete(unpacked.resolve("val/images/val_11.JPEG"));

    assertRefused("1 image(s) are listed in the tables, but are not there: val_11.JPEG");
  }

  @Test
  void missingTrainingImage_isCounted() throws IOException {
    Files.delete(unpacked.resolve(FIRST));

    assertRefused("train has 3 images of class n01443537, 4 expected");
  }

  @Test
  void unknownClassFolder_isNamed() throws IOException {
    Files.move(unpacked.resolve("train/n01443537"), unpacked.resolve("train/n00000001"));

    assertRefused("'n00000001' is none of the 3 WordNet ids");
  }

  @Test
  void imageOfAnotherSize_isRefused() throws IOException {
    Files.write(unpacked.resolve(FIRST), ImageDecoderTest.file("q75-420.jpg"));

    assertRefused("n01443537/n01443537_0.JPEG has 43×37 pixels, 64×64 expected");
  }

  @Test
  void moreThanTenBrokenImages_areCounted_tenOfThemNamed() throws IOException {
    for (String id : CLASSES.keySet()) {
      for (int i : new int[] {0, 1, 2, 10}) {
        Files.write(
            unpacked.resolve("train/" + id + "/images/" + id + "_" + i + ".JPEG"), new byte[] {7});
      }
    }

    assertRefused("12 image(s) cannot be used", "n01443537_0.JPEG", "n12267677_1.JPEG", "; …");
  }

  @Test
  void files_areTheArchive_orAllThatIsUnpacked() {
    assertThat(new TinyImageNet().files(folder(), NoOptions.NONE))
        .containsExactly(packed.resolve(ARCHIVE));
    assertThat(new TinyImageNet().files(Optional.of(folder), NoOptions.NONE))
        .hasSize(3 * 5 + 6 + 1 + 1 + 2)
        .allMatch(Files::isRegularFile)
        .contains(unpacked.resolve(FIRST));
  }
}
