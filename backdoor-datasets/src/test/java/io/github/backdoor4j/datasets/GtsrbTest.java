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
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GtsrbTest implements DatasetSourceContract {

  private static final String TRAINING = "GTSRB_Final_Training_Images.zip";
  private static final String TEST = "GTSRB_Final_Test_Images.zip";
  private static final String TABLE = "GTSRB_Final_Test_GT.zip";

  @TempDir private Path packed;
  @TempDir private Path unpacked;
  private TensorScope scope;

  @BeforeEach
  void write() throws IOException {
    OfficialArchives.copy(packed, TRAINING, TEST, TABLE);
    OfficialArchives.unpack(unpacked, TRAINING, TEST, TABLE);
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Override
  public DatasetSource<?> source() {
    return new Gtsrb(7, 5);
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(packed);
  }

  private static Splits load(Path folder, boolean cropRoi) {
    return new Gtsrb(7, 5).load(Optional.of(folder), new Gtsrb.Options(cropRoi));
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> load(unpacked, false))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void spec_isTheBenchmarks() {
    DatasetSpec spec = new Gtsrb().published().orElseThrow();

    assertThat(spec.shape()).isEqualTo(new ImageShape(3, 32, 32));
    assertThat(spec.classNames()).hasSize(43).contains("Stop").doesNotHaveDuplicates();
    assertThat(spec.classNames().get(14)).isEqualTo("Stop");
    assertThat(spec.normalization()).isEqualTo(Normalization.uniform(3, 0, 1));
    assertThat(spec.augmentation()).isEqualTo(new Augmentation(4, false));
  }

  @Test
  void archives_giveThePixelsThatPillowSees_inTheOrderOfTheTables() throws IOException {
    Splits found = load(packed, false);

    assertAsExpected(found.training(), "gtsrb", "training", 0);
    assertAsExpected(found.test(), "gtsrb", "test", 0);
  }

  @Test
  void cropRoi_cutsToTheBoxFirst() throws IOException {
    Splits found = load(packed, true);

    assertAsExpected(found.training(), "gtsrb", "training-roi", 0);
    assertAsExpected(found.test(), "gtsrb", "test-roi", 0);
  }

  @ParameterizedTest
  @CsvSource({
    "'', GT-final_test.csv",
    "'', GTSRB/GT-final_test.csv",
    "GTSRB, GTSRB/GT-final_test.csv",
    "GTSRB, GTSRB/Final_Test/GT-final_test.csv",
    "GTSRB, GTSRB/Final_Test/Images/GT-final_test.csv",
    "'', GTSRB_Final_Test_GT.zip",
  })
  void unpackedFolders_giveTheSame_whereverTheTableLies(String given, String table)
      throws IOException {
    Files.move(unpacked.resolve("GT-final_test.csv"), unpacked.resolve("table"));
    if (table.endsWith(".zip")) {
      OfficialArchives.copy(unpacked, table);
    } else {
      Files.move(unpacked.resolve("table"), unpacked.resolve(table));
    }

    Splits found = load(unpacked.resolve(given), false);

    assertAsExpected(found.training(), "gtsrb", "training", 0);
    assertAsExpected(found.test(), "gtsrb", "test", 0);
  }

  @Test
  void oneOfTheArchives_standsForItsFolder() throws IOException {
    assertAsExpected(load(packed.resolve(TEST), false).test(), "gtsrb", "test", 0);
  }

  @Test
  void archivesInAnotherOrder_giveTheSame() throws IOException {
    OfficialArchives.pack(unpacked.resolve("GTSRB/Final_Training"), packed.resolve(TRAINING));

    assertAsExpected(load(packed, false).training(), "gtsrb", "training", 0);
  }

  @Test
  void noFolder_isTheCallersMistake() {
    assertThatThrownBy(() -> new Gtsrb().load(Optional.empty(), new Gtsrb.Options(false)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'gtsrb' is not embedded", TRAINING, "erda.dk");
  }

  @Test
  void missingParts_areAllNamed() throws IOException {
    Files.delete(packed.resolve(TRAINING));
    Files.delete(packed.resolve(TABLE));

    assertThatThrownBy(() -> load(packed, false))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            packed + " lacks Final_Training or GTSRB_Final_Training_Images.zip;",
            "GT-final_test.csv",
            "erda.dk");
  }

  @Test
  void anotherNumberOfImages_isRefusedForUsers() {
    assertThatThrownBy(() -> new Gtsrb().load(folder(), new Gtsrb.Options(false)))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(TRAINING, "list 7 training images, 39,209 expected");
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Filename;Width       | filename;Width        | the first line should be 'Filename;Width;",
        "00002_00004.ppm;15   | '00002_00004.ppm;15;1'| no row of a file name and seven numbers",
        "00002_00004.ppm;15   | \"x\";15              | no row of a file name and seven numbers",
        "00002_00004.ppm;15   | ../x.ppm;15           | no row of a file name and seven numbers",
        "00002_00004.ppm;15   | 00002_00004.ppm;1e1   | '1e1' is no whole number",
        "00002_00004.ppm;15   | 00002_00004.ppm;-15   | '-15' is no whole number",
        "00002_00004.ppm;15;16| 00002_00004.ppm;15;17 | has 15×16 pixels, but Images",
        "2;3;14;14;0          | 2;3;14;14;43          | has class 43; allowed are 0 to 42",
        "2;3;14;14;0          | 2;3;14;14;1           | has class 1, but the images of class 1",
        "2;3;14;14;0          | 2;3;16;14;0           | (2, 3) to (16, 14) is not within",
        "2;3;14;14;0          | 2;14;14;14;0          | (2, 14) to (14, 14) is not within",
        "00002_00004.ppm;15   | 00009_00009.ppm;15    | are not there: 00000/00009_00009.ppm",
      })
  void tableThatDoesNotFit_isRefused(String from, String to, String complaint) throws IOException {
    Path training = unpacked.resolve("GTSRB/Final_Training/Images/00000/GT-00000.csv");
    boolean whole = complaint.startsWith("are not there");
    edit(training, from, to);
    if (whole) {
      Path images = training.getParent();
      Files.delete(images.resolve("00002_00004.ppm"));
    }

    assertThatThrownBy(() -> load(unpacked, false))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(complaint)
        .hasMessageContaining(whole ? "Final_Training" : "00000");
  }

  @Test
  void tableErrors_nameTheLine() throws IOException {
    edit(unpacked.resolve("GT-final_test.csv"), "00004.ppm;29", "00004.ppm;twenty");

    assertRefused(unpacked.resolve("GT-final_test.csv").toString(), "line 4", "'twenty'");
  }

  @Test
  void imageWithoutARow_isRefused() throws IOException {
    Path images = unpacked.resolve("GTSRB/Final_Test/Images");
    Files.copy(images.resolve("00000.ppm"), images.resolve("00017.ppm"));

    assertRefused("Final_Test", "1 image(s) have no row in the tables: 00017.ppm");
  }

  @Test
  void rowWithoutAnImage_isRefused() throws IOException {
    Files.delete(unpacked.resolve("GTSRB/Final_Test/Images/00003.ppm"));

    assertRefused(
        "Final_Test", "1 image(s) are listed in the tables, but are not there: 00003.ppm");
  }

  @Test
  void rowTwice_isRefused() throws IOException {
    edit(unpacked.resolve("GT-final_test.csv"), "00003.ppm;28;37", "00001.ppm;26;39");

    assertRefused("00001.ppm is listed twice");
  }

  @Test
  void brokenImages_areAllNamed() throws IOException {
    Path images = unpacked.resolve("GTSRB/Final_Test/Images");
    Files.write(images.resolve("00001.ppm"), new byte[0]);
    Files.writeString(images.resolve("00003.ppm"), "P6 28 37 255\n");

    assertRefused("2 image(s) cannot be used", "00001.ppm is no image", "00003.ppm is cut off");
  }

  @Test
  void files_areTheArchives_orAllThatIsUnpacked() {
    Gtsrb.Options options = new Gtsrb.Options(false);
    assertThat(new Gtsrb().files(folder(), options))
        .containsExactly(packed.resolve(TRAINING), packed.resolve(TEST), packed.resolve(TABLE));
    assertThat(new Gtsrb().files(Optional.of(unpacked), options))
        .hasSize(7 + 3 + 5 + 1 + 1)
        .allMatch(Files::isRegularFile)
        .contains(
            unpacked.resolve("GT-final_test.csv"),
            unpacked.resolve("GTSRB/Final_Training/Images/00007/00001_00002.ppm"));
    assertThat(new Gtsrb().files(Optional.empty(), options)).isEmpty();
  }
}
