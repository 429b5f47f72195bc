package io.github.backdoor4j.datasets;

import static io.github.backdoor4j.datasets.OfficialArchives.assertAsExpected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest implements DatasetSourceContract {

  private static final ImageFolder SOURCE = new ImageFolder();

  @TempDir private Path folder;
  private Path things;
  private TensorScope scope;

  @BeforeEach
  void write() throws IOException {
    OfficialArchives.copy(folder, "things.zip");
    OfficialArchives.unpack(folder, "things.zip");
    things = folder.resolve("things");
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Override
  public DatasetSource<?> source() {
    return SOURCE;
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(things);
  }

  private static ImageFolder.Options options(String... namesAndTexts) {
    Map<String, String> overrides = new java.util.TreeMap<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      overrides.put(namesAndTexts[i], namesAndTexts[i + 1]);
    }
    return Options.bind("image-folder", SOURCE.defaults(), overrides);
  }

  private static Splits load(Path folder, String... options) {
    return SOURCE.load(Optional.of(folder), options(options));
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> load(things))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(things.toString())
        .hasMessageContainingAll(parts);
  }

  private Path image(String name, String like) throws IOException {
    Path file = things.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.copy(things.resolve(like), file);
  }

  @Test
  void spec_tellsTheFolder_andTheOptions() {
    DatasetSpec spec = SOURCE.spec(folder(), SOURCE.defaults());

    assertThat(spec.classNames()).containsExactly("Coat", "bag", "shoe");
    assertThat(spec.shape()).isEqualTo(new ImageShape(3, 32, 32));
    assertThat(spec.normalization()).isEqualTo(Normalization.uniform(3, 0.5, 0.5));
    assertThat(spec.augmentation()).isEqualTo(new Augmentation(4, false));
    assertThat(SOURCE.published()).isEmpty();

    DatasetSpec other =
        SOURCE.spec(
            folder(),
            options("size", "64", "flip", "true", "mean", "[0, 0.5, 1]", "std", "[1, 2, 0.25]"));
    assertThat(other.shape()).isEqualTo(new ImageShape(3, 64, 64));
    assertThat(other.augmentation()).isEqualTo(new Augmentation(8, true));
    assertThat(other.normalization())
        .isEqualTo(new Normalization(List.of(0.0, 0.5, 1.0), List.of(1.0, 2.0, 0.25)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"things", "things.zip", "alone"})
  void trainAndTestFolders_giveWhatTorchvisionSees(String given) throws IOException {
    if (given.equals("alone")) { // the folder above
      Files.createDirectory(folder.resolve("alone"));
      Files.move(things, folder.resolve("alone/things"));
    }

    Splits found = load(folder.resolve(given));

    assertAsExpected(found.training(), "folder", "training", 0.5);
    assertAsExpected(found.test(), "folder", "test", 0.5);
  }

  @Test
  void val_standsForTest_andIsLeftAloneBesideIt() throws IOException {
    String test = load(things).test().contentHash();
    Files.move(things.resolve("test"), things.resolve("val"));

    assertThat(load(things).test().contentHash()).isEqualTo(test);

    image("test/bag/1.png", "train/bag/0.png");
    image("test/Coat/1.png", "train/bag/0.png");
    image("test/shoe/1.png", "train/bag/0.png");
    assertThat(load(things).test().size()).isEqualTo(3);
  }

  @Test
  void oneSet_isSplitPerClass_bySeedAndShare() {
    Path one = things.resolve("train");

    Splits found = load(one);
    Splits again = load(one);
    Splits other = load(one, "seed", "1");
    Splits half = load(one, "test_share", "0.5");

    assertThat(found.training().labelValues())
        .containsExactly(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
    assertThat(found.test().labelValues()).containsExactly(0, 1, 2);
    assertThat(again.test().contentHash()).isEqualTo(found.test().contentHash());
    assertThat(other.test().contentHash()).isNotEqualTo(found.test().contentHash());
    assertThat(half.test().labelValues()).containsExactly(0, 0, 0, 1, 1, 1, 2, 2, 2);
    assertThat(load(one, "test_share", "0.99").training().size()).isEqualTo(3);
    assertThat(load(one, "test_share", "0.01").test().size()).isEqualTo(3);
  }

  @Test
  void oneSet_losesNoImage() throws IOException {
    Splits found = load(things.resolve("train"));
    Files.delete(things.resolve("test/bag/0.png"));
    Splits all = load(things); // its training part is the whole set

    assertThat(sum(found.training()) + sum(found.test())).isEqualTo(sum(all.training()));
  }

  private static long sum(io.github.backdoor4j.core.data.ImageDataset data) {
    return data.images().sum().item_long();
  }

  @Test
  void anotherClass_leavesTheDrawOfTheOthers() throws IOException {
    Path one = things.resolve("train");
    long bag = sum(load(one).test().subset(new long[] {1}));
    image("train/alpaca/0.png", "test/bag/0.png");
    image("train/alpaca/1.png", "test/bag/0.png");

    assertThat(sum(load(one).test().subset(new long[] {2}))).isEqualTo(bag);
  }

  @Test
  void noFolder_isTheCallersMistake() {
    assertThatThrownBy(() -> SOURCE.spec(Optional.empty(), SOURCE.defaults()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("needs a folder or archive with a sub-folder");
  }

  @Test
  void filesThatAreNoImages_areNamed() throws IOException {
    Files.writeString(things.resolve("train/bag/notes.txt"), "about bags");
    Files.writeString(things.resolve("train/shoe/list.csv"), "a,b");

    assertRefused(
        "2 image(s) cannot be used",
        "train/bag/notes.txt is no image",
        "train/shoe/list.csv is no image");
  }

  @Test
  void emptyClassFolder_isNamed() throws IOException {
    Files.createDirectory(things.resolve("train/hat"));
    Files.write(things.resolve("train/hat/.hidden"), new byte[1]);

    assertRefused("class folder 'train/hat' has no images", "fill or delete it");
  }

  @Test
  void classesThatDiffer_areNamed() throws IOException {
    image("test/hat/0.png", "test/bag/0.png");
    assertRefused("train/ lacks the class(es) hat");
  }

  @Test
  void imagesTooDeep_areNamed() throws IOException {
    image("train/bag/red/0.png", "test/bag/0.png");

    assertRefused("train/bag/red/0.png lies too deep");
  }

  @Test
  void oneClass_isRefused() {
    assertThatThrownBy(() -> load(things.resolve("train/bag")))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("at least two sub-folders", "found: none");
  }

  @Test
  void classOfOneImage_cannotBeSplit() throws IOException {
    image("train/hat/0.png", "test/bag/0.png");

    assertThatThrownBy(() -> load(things.resolve("train")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("class 'hat' has one image");
  }

  @Test
  void linkThatLeadsOut_isRefused() throws IOException {
    Files.createSymbolicLink(things.resolve("train/bag/9.png"), folder.resolve("things.zip"));

    assertRefused("train/bag/9.png", "leads out of the folder");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size | 7 | size must lie in [8.0, 1024.0], but was 7",
        "test_share | 0 | test_share must lie in (0, 1), but was 0.0",
        "test_share | 1 | test_share must lie in (0, 1), but was 1.0",
        "mean | [0.5, 0.5] | mean must be three numbers from 0 to 1, but was [0.5, 0.5]",
        "mean | [0.5, 0.5, 2] | mean must be three numbers",
        "std | [0.5, 0, 1] | std must be three positive numbers",
      })
  void optionOutOfRange_isRefused(String name, String text, String complaint) {
    assertThatThrownBy(() -> options(name, text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(complaint);
  }

  @Test
  void files_areTheArchive_orAllBelowTheFolder() {
    Path archive = folder.resolve("things.zip");
    assertThat(SOURCE.files(Optional.of(archive), SOURCE.defaults())).containsExactly(archive);
    assertThat(SOURCE.files(folder(), SOURCE.defaults()))
        .hasSize(3 * (6 + 3) + 6 + 1 + 1)
        .contains(things.resolve("train/bag/0.png"));
  }
}
