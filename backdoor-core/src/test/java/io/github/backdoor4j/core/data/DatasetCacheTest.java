package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetCacheTest {

  private static final ImageShape ODD = new ImageShape(3, 5, 7);

  @TempDir private Path folder;
  private TensorScope scope;
  private Path source;
  private DatasetCache cache;
  private int decoded;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    source = folder.resolve("source.bin");
    AtomicFiles.replace(source, "source");
    cache = DatasetCache.at(folder.resolve("cache"));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private DatasetCache.Key key(String options) {
    return new DatasetCache.Key("sample", 1, options, List.of(source));
  }

  private List<ImageDataset> decode() {
    decoded++;
    return List.of(
        SampleImages.withLabels(3, ODD, 0, 2, 1, 0, 2), SampleImages.withLabels(3, ODD, 1, 0, 2));
  }

  private List<ImageDataset> load() {
    return cache.load(key("{}"), this::decode);
  }

  private Path onlyFile() {
    assertThat(cache.entries()).hasSize(1);
    return cache.entries().get(0).file();
  }

  @Test
  void secondLoad_givesTheSame_withoutDecoding() {
    List<ImageDataset> first = load();
    List<ImageDataset> second = load();

    assertThat(decoded).isEqualTo(1);
    for (int i = 0; i < 2; i++) {
      assertThat(second.get(i)).isNotSameAs(first.get(i));
      assertThat(second.get(i).spec()).isEqualTo(first.get(i).spec());
      assertThat(second.get(i).labelValues()).isEqualTo(first.get(i).labelValues());
      assertThat(Tensors.toBytes(second.get(i).images()))
          .isEqualTo(Tensors.toBytes(first.get(i).images()));
      assertThat(second.get(i).contentHash()).isEqualTo(first.get(i).contentHash());
    }
  }

  @Test
  void rememberedHash_isThatOfTheContent() {
    load();
    ImageDataset mapped = load().get(0);

    ImageDataset anew = new ImageDataset(mapped.spec(), mapped.images(), mapped.labels());
    assertThat(mapped.contentHash()).isEqualTo(anew.contentHash());
  }

  @Test
  void writesToMappedImages_stayPrivate() {
    load();
    load().get(0).images().fill_(new Scalar(7));

    assertThat(load().get(0).contentHash()).isEqualTo(decode().get(0).contentHash());
    assertThat(cache.find(key("{}"))).isPresent();
    assertThat(decoded).isEqualTo(2); // the first, and the one just now
  }

  @Test
  void mappedImages_outliveTheFile() {
    load();
    ImageDataset mapped = load().get(0);

    assertThat(cache.prune(DatasetCache.all())).hasSize(1);

    assertThat(Tensors.toBytes(mapped.images()))
        .isEqualTo(Tensors.toBytes(decode().get(0).images()));
  }

  @Test
  void otherOptions_orVersion_areDecodedThemselves() {
    load();
    cache.load(key("{\"a\":1}"), this::decode);
    cache.load(new DatasetCache.Key("sample", 2, "{}", List.of(source)), this::decode);

    assertThat(decoded).isEqualTo(3);
    assertThat(cache.entries()).hasSize(3);
  }

  @Test
  void changedSource_isDecodedAnew() throws IOException {
    load();
    Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    load();
    Files.writeString(source, "longer than before");
    load();

    assertThat(decoded).isEqualTo(3);
  }

  @Test
  void sourceThatChangesMeanwhile_isRefused() {
    assertThatThrownBy(
            () ->
                cache.load(
                    key("{}"),
                    () -> {
                      AtomicFiles.replace(source, "another");
                      return decode();
                    }))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("changed while they were read");
    assertThat(cache.entries()).isEmpty();
  }

  @Test
  void missingSource_isADataError() throws IOException {
    Files.delete(source);

    assertThatThrownBy(this::load)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(source.toString());
  }

  @Test
  void anyDamage_isNoticed_andMended() throws IOException {
    load();
    byte[] whole = Files.readAllBytes(onlyFile());
    for (int at : new int[] {0, 9, 60, 300, whole.length / 2, whole.length - 1}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 4;
      Files.write(onlyFile(), damaged);
      int before = decoded;

      List<ImageDataset> parts = load();

      assertThat(decoded).as("byte %d", at).isEqualTo(before + 1);
      assertThat(parts.get(0).contentHash()).isEqualTo(load().get(0).contentHash());
    }
  }

  @Test
  void cutFile_isMended() throws IOException {
    load();
    byte[] whole = Files.readAllBytes(onlyFile());
    Files.write(onlyFile(), java.util.Arrays.copyOf(whole, whole.length - 10));

    load();
    load();

    assertThat(decoded).isEqualTo(2);
  }

  @Test
  void folderThatCannotBeWritten_costsOnlyTime() {
    AtomicFiles.replace(folder.resolve("occupied"), "a file");
    cache = DatasetCache.at(folder.resolve("occupied/cache"));

    load();
    load();

    assertThat(decoded).isEqualTo(2);
    assertThat(cache.entries()).isEmpty();
  }

  @Test
  void off_keepsNothing() {
    cache = DatasetCache.off();

    load();
    load();

    assertThat(decoded).isEqualTo(2);
    assertThat(cache.folder()).isEmpty();
    assertThat(cache.prune(DatasetCache.all())).isEmpty();
  }

  @Test
  void twoAtOnce_getTheSame() throws Exception {
    List<CompletableFuture<String>> both =
        Stream.of(1, 2)
            .map(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try (TensorScope own = TensorScope.open()) {
                            for (int round = 0; round < 10; round++) {
                              cache.load(key("{\"round\":" + round + "}"), this::decode);
                            }
                            return load().get(0).contentHash();
                          }
                        }))
            .toList();

    String expected = decode().get(0).contentHash();
    for (CompletableFuture<String> one : both) {
      assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(expected);
    }
    assertThat(cache.entries()).hasSize(11);
  }

  @Test
  void prune_byUse_andButTheNewest() throws IOException {
    cache.load(key("1"), this::decode);
    Files.setLastModifiedTime(onlyFile(), FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    cache.load(key("2"), this::decode);
    cache.load(new DatasetCache.Key("other", 1, "", List.of(source)), this::decode);
    Instant limit = Instant.parse("2021-01-01T00:00:00Z");

    assertThat(cache.entries()).extracting(DatasetCache.Entry::dataset).contains("other", "sample");
    assertThat(cache.prune(DatasetCache.notTheNewest()))
        .singleElement()
        .satisfies(gone -> assertThat(gone.lastUsed()).isBefore(limit));
    assertThat(cache.prune(DatasetCache.unusedSince(limit))).isEmpty();
    assertThat(cache.prune(DatasetCache.all())).hasSize(2);
    assertThat(cache.entries()).isEmpty();
  }

  @Test
  void use_makesAnEntryYoung() throws IOException {
    load();
    Instant old = Instant.parse("2020-01-01T00:00:00Z");
    Files.setLastModifiedTime(onlyFile(), FileTime.from(old));

    load();

    assertThat(cache.prune(DatasetCache.unusedSince(old.plusSeconds(1)))).isEmpty();
  }

  @Test
  void leftovers_ofKilledProcesses_areSwept_andOtherFilesAreNot() throws IOException {
    load();
    Path cached = onlyFile();
    Path leftover = cached.resolveSibling("." + cached.getFileName() + ".123-1.tmp");
    Path foreign = cached.resolveSibling("notes.txt");
    for (Path file : List.of(leftover, foreign)) {
      Files.writeString(file, "");
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    cache.prune(DatasetCache.all());

    assertThat(leftover).doesNotExist();
    assertThat(foreign).exists();
  }
}
