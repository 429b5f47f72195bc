package io.github.backdoor4j.datasets;

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
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.DatasetSourceContract;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class Cifar10Test implements DatasetSourceContract {

  @TempDir private Path folder;
  private Map<String, byte[]> files;
  private TensorScope scope;

  @BeforeEach
  void writeArchive() throws IOException {
    scope = TensorScope.open();
    files = CifarSamples.binary10();
    write();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private void write() throws IOException {
    Archives.TAR_GZ.write(folder, "cifar-10-binary.tar.gz", files);
  }

  @Override
  public DatasetSource<?> source() {
    return new Cifar10(false);
  }

  @Override
  public Optional<Path> folder() {
    return Optional.of(folder);
  }

  private static Splits load(Path path) {
    return new Cifar10(false).load(Optional.of(path), NoOptions.NONE);
  }

  private void assertRefused(String... message) {
    assertThatThrownBy(() -> load(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContainingAll(message);
  }

  @ParameterizedTest
  @EnumSource
  void images_areInTheOrderOfTheBatches_howeverTheyArePacked(Archives kind) throws IOException {
    Splits found = load(kind.write(folder, "anywhere", files));

    ByteArrayOutputStream training = new ByteArrayOutputStream();
    for (int i = 3; i < 18; i++) {
      training.write(CifarSamples.image(i));
    }
    assertThat(Tensors.toBytes(found.training().images())).isEqualTo(training.toByteArray());
    assertThat(found.training().labelValues())
        .containsExactly(3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(Arrays.copyOfRange(Tensors.toBytes(found.test().images()), 2 * 3072, 3 * 3072))
        .isEqualTo(CifarSamples.image(20));
    assertThat(found.test().labelValues()).containsExactly(8, 9, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cifar-10-binary.tar.gz"})
  void folderWithTheArchive_orTheArchive_mayBeNamed(String name) {
    assertThat(load(folder.resolve(name)).training().size()).isEqualTo(15);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cifar-10-batches-bin"})
  void unpackedFolder_orItsParent_mayBeNamed(String name) throws IOException {
    Path parent = Archives.FOLDER.write(folder, "unpacked", files);

    assertThat(load(parent.resolve(name)).training().size()).isEqualTo(15);
  }

  @Test
  void specWithoutFiles_saysWhatTheBenchmarkNeeds() {
    DatasetSpec spec = new Cifar10().spec(Optional.empty(), NoOptions.NONE);

    assertThat(spec.shape()).isEqualTo(new ImageShape(3, 32, 32));
    assertThat(spec.classNames()).startsWith("airplane").endsWith("truck").hasSize(10);
    assertThat(spec.normalization().mean()).containsExactly(0.4914, 0.4822, 0.4465);
    assertThat(spec.normalization().std()).containsExactly(0.247, 0.243, 0.261);
    assertThat(spec.augmentation()).isEqualTo(new Augmentation(4, true));
  }

  @Test
  void otherNumberOfImagesThanOfficial_isRefused() {
    assertThatThrownBy(() -> new Cifar10().load(folder(), NoOptions.NONE))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            "data_batch_1.bin", "9,219 bytes", "30,730,000 expected", "cut off or another file");
  }

  @Test
  void noFolder_isTheCallersMistake() {
    assertThatThrownBy(() -> new Cifar10().load(Optional.empty(), NoOptions.NONE))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'cifar10'", "not embedded", "cs.toronto.edu");
  }

  @Test
  void folderWithNothing_saysWhatWasLookedForAndWhereToGetIt() throws IOException {
    Files.delete(folder.resolve("cifar-10-binary.tar.gz"));

    assertRefused(
        "cifar-10-batches-bin", "cifar-10-python.tar.gz", "data_batch_1.bin", "cs.toronto.edu");
  }

  @Test
  void missingFiles_areAllNamed() throws IOException {
    files.remove("cifar-10-batches-bin/data_batch_2.bin");
    files.remove("cifar-10-batches-bin/test_batch.bin");
    write();

    assertRefused("lacks data_batch_2.bin, test_batch.bin", "cs.toronto.edu");
  }

  @Test
  void otherArchiveUnderTheName_isTold() throws IOException {
    files = CifarSamples.binary100();
    write();

    assertRefused("no files of 'cifar10'", "data_batch_1.bin", "cifar-100-binary/train.bin");
  }

  @ParameterizedTest
  @CsvSource({"9218", "9220", "0"})
  void fileOfAnotherSize_isRefused(int length) throws IOException {
    files.computeIfPresent(
        "cifar-10-batches-bin/data_batch_3.bin", (k, v) -> Arrays.copyOf(v, length));
    write();

    assertRefused("data_batch_3.bin", "cut off or another file", "30,730,000 expected");
  }

  @Test
  void labelThatIsNoClass_isRefused_withItsPlace() throws IOException {
    files.get("cifar-10-batches-bin/data_batch_5.bin")[2 * 3073] = 10;
    write();

    assertRefused("data_batch_5.bin", "label 10", "image 2", "0 to 9");
  }

  @Test
  void otherClassNames_areRefused() throws IOException {
    files.put(
        "cifar-10-batches-bin/batches.meta.txt",
        "airplane\ncar\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    write();

    assertRefused("batches.meta.txt", "class 1 is 'car'", "officially 'automobile'");
  }

  @Test
  void sameFileInTwoFolders_isRefused() throws IOException {
    files.put("copy/test_batch.bin", files.get("cifar-10-batches-bin/test_batch.bin"));
    write();

    assertRefused("test_batch.bin more than once");
  }

  @Test
  void flippedBit_isFound() throws IOException {
    Path archive = folder.resolve("cifar-10-binary.tar.gz");
    byte[] bytes = Files.readAllBytes(archive);
    bytes[bytes.length / 2] ^= 4;
    Files.write(archive, bytes);

    assertRefused("cifar-10-binary.tar.gz");
  }
}
