package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The Python version, from files that real Python has written; cifar_pickles.py made them. */
class CifarPythonTest {

  @TempDir private Path folder;
  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = CifarPythonTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static Map<String, byte[]> files(String parent, String... names) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (String name : names) {
      files.put(parent + "/" + name, resource(parent + "/" + name));
    }
    return files;
  }

  static Map<String, byte[]> python10() throws IOException {
    return files(
        "cifar-10-batches-py",
        "data_batch_4",
        "test_batch",
        "data_batch_3",
        "batches.meta",
        "data_batch_2",
        "data_batch_5",
        "data_batch_1");
  }

  private Splits load10(Map<String, byte[]> files) throws IOException {
    Path archive = Archives.TAR_GZ.write(folder, "cifar-10-python.tar.gz", files);
    return new Cifar10(false).load(Optional.of(archive), NoOptions.NONE);
  }

  /** Rows of the table that Python wrote, less the name of the part. */
  private static List<List<Long>> expected(String part, int label) throws IOException {
    return new String(resource("cifar_sums.csv"), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith(part + ","))
        .map(line -> line.split(","))
        .map(
            cells ->
                List.of(Long.valueOf(cells[label]), Long.valueOf(cells[3]), Long.valueOf(cells[4])))
        .toList();
  }

  private static List<List<Long>> sums(ImageDataset images) {
    byte[] bytes = Tensors.toBytes(images.images());
    List<List<Long>> rows = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      long sum = 0;
      long weighted = 0;
      for (int p = 0; p < 3072; p++) {
        sum += bytes[i * 3072 + p] & 255;
        weighted += (long) (bytes[i * 3072 + p] & 255) * (p % 251);
      }
      rows.add(List.of(images.labelValues()[i], sum, weighted));
    }
    return rows;
  }

  @ParameterizedTest
  @EnumSource
  void cifar10_hasThePixelsAndLabelsThatPythonPutThere(Archives kind) throws IOException {
    Path source = kind.write(folder, "cifar-10-python.tar.gz", python10());

    Splits found = new Cifar10(false).load(Optional.of(source), NoOptions.NONE);

    assertThat(sums(found.training())).isEqualTo(expected("train10", 1)).hasSize(15);
    assertThat(sums(found.test())).isEqualTo(expected("test10", 1)).hasSize(3);
  }

  @ParameterizedTest
  @EnumSource
  void cifar100_hasThePixelsAndLabelsThatPythonPutThere(Cifar100.Labels labels) throws IOException {
    Archives.FOLDER.write(folder, "", files("cifar-100-python", "train", "test"));

    Splits found = new Cifar100(false).load(Optional.of(folder), new Cifar100.Options(labels));

    int column = labels == Cifar100.Labels.COARSE ? 1 : 2;
    assertThat(sums(found.training())).isEqualTo(expected("train100", column)).hasSize(5);
    assertThat(sums(found.test())).isEqualTo(expected("test100", column)).hasSize(3);
  }

  @Test
  void otherNumberOfImagesThanOfficial_isRefused() throws IOException {
    Path archive = Archives.TAR_GZ.write(folder, "cifar-10-python.tar.gz", python10());

    assertThatThrownBy(() -> new Cifar10().load(Optional.of(archive), NoOptions.NONE))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("data_batch_4", "3 images", "10,000 expected");
  }

  @Test
  void missingBatches_areAllNamed() throws IOException {
    Map<String, byte[]> files = python10();
    files.remove("cifar-10-batches-py/data_batch_1");
    files.remove("cifar-10-batches-py/data_batch_5");

    assertThatThrownBy(() -> load10(files))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("lacks data_batch_1, data_batch_5 of");
  }

  @Test
  void filesOfCifar100UnderTheName_lackTheLabels() throws IOException {
    Map<String, byte[]> files = python10();
    files.put("cifar-10-batches-py/data_batch_1", resource("cifar-100-python/train"));

    assertThatThrownBy(() -> load10(files))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("data_batch_1", "no list 'labels'");
  }

  @Test
  void classNamesOfAnother_areRefused() throws IOException {
    Map<String, byte[]> files = python10();
    files.put("cifar-10-batches-py/batches.meta", resource("cifar-10-batches-py/test_batch"));

    assertThatThrownBy(() -> load10(files))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("batches.meta", "no list 'label_names'");
  }

  @Test
  void labelThatIsNoClass_isRefused() throws IOException {
    Map<String, byte[]> files = python10();
    byte[] batch = files.get("cifar-10-batches-py/data_batch_2");
    batch[46 + 1] = 77; // the operand of the first BININT1, as python3 -m pickletools shows

    assertThatThrownBy(() -> load10(files))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("data_batch_2", "label 77", "image 0", "0 to 9");
  }

  @Test
  void pickleThatWouldRunSomething_isRefused() throws IOException {
    Map<String, byte[]> files = python10();
    byte[] evil = "\u0080\2cposix\nsystem\n(U\4truetR.".getBytes(StandardCharsets.ISO_8859_1);
    files.put("cifar-10-batches-py/data_batch_3", evil);

    assertThatThrownBy(() -> load10(files))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("data_batch_3", "posix.system", "not allowed");
  }
}
