package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetsCommandTest {

  private static final String ID = "acme.fetched";

  @TempDir private Path folder;
  private final FetchedImages.Server server = FetchedImages.Server.start();
  private final CliFixture cli = new CliFixture().add(DatasetSource.class, FetchedImages.class);

  @BeforeEach
  void ownPlaces() {
    System.setProperty("backdoor4j.data", folder.resolve("data").toString());
    System.setProperty("backdoor4j.cache", folder.resolve("cache").toString());
    System.setProperty("backdoor4j.offline", "false");
  }

  @AfterEach
  void usualPlaces() {
    for (String name : List.of("data", "cache", "offline")) {
      System.clearProperty("backdoor4j." + name);
    }
    server.close();
  }

  private CliFixture.Result datasets(String... args) {
    return cli.run(Stream.concat(Stream.of("datasets"), Stream.of(args)).toArray(String[]::new));
  }

  private Path file() {
    return folder.resolve("data").resolve(ID).resolve(FetchedImages.FILE);
  }

  private List<Path> cached() throws IOException {
    Path cache = folder.resolve("cache/datasets");
    if (!Files.exists(cache)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(cache)) {
      return files.toList();
    }
  }

  @Test
  void noCommand_showsHelp() {
    assertThat(datasets().out())
        .contains("Usage: backdoor4j datasets", "fetch", "verify", "prune", "Examples:");
    assertThat(datasets().code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "info", "fetch", "verify", "where", "prune"})
  void help_hasAnExample(String command) {
    CliFixture.Result result = datasets(command, "--help");

    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains("Usage: backdoor4j datasets " + command, "Example", "backdoor4j datasets ");
  }

  @Test
  void list_tellsWhatIsHere() throws IOException {
    assertThat(datasets("list").out()).containsPattern(ID + " +fetch +acme");
    datasets("fetch", ID);
    assertThat(datasets("list").out()).containsPattern(ID + " +here +acme");

    JsonNode json = Json.mapper().readTree(datasets("list", "--json").out());
    assertThat(json.findValuesAsText("id")).containsExactly(ID, "fashion-mnist");
    assertThat(json.get(0).path("fetchable").asBoolean()).isTrue();
    assertThat(json.get(0).path("folder").asText()).isEqualTo(file().getParent().toString());
  }

  @Test
  void fetch_showsTerms_getsTheFile_andSaysWhatToDoNext() {
    CliFixture.Result result = datasets("fetch", ID);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("Terms: free for every use");
    assertThat(result.out())
        .contains("seed.txt: fetched, 0.0 MiB, " + FetchedImages.MD5 + ", as published")
        .contains("are in " + file().getParent())
        .contains("Next: backdoor4j datasets info " + ID + "\n");
    assertThat(file()).hasContent(FetchedImages.CONTENT);
    assertThat(datasets("fetch", ID).out()).contains("seed.txt: was there");
  }

  @Test
  void fetch_intoAFolder_fromAMirror() {
    Path dir = folder.resolve("elsewhere");

    CliFixture.Result result =
        datasets(
            "fetch", ID, "--dir", dir.toString(), "--mirror", FetchedImages.address() + "/missing");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("/missing/seed.txt: it answers with status 404");
    assertThat(result.out()).contains("info " + ID + " --data " + dir);
    assertThat(dir.resolve("seed.txt")).exists();
  }

  @Test
  void fetch_offline_isTheUsersMistake() {
    CliFixture.Result result = datasets("fetch", ID, "--offline");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("error: seed.txt is not in", FetchedImages.address());
  }

  @Test
  void fetch_withOfflineSet_isTheUsersMistake_unlessAllIsThere() {
    System.setProperty("backdoor4j.offline", "true");
    assertThat(datasets("fetch", ID).code()).isEqualTo(2);

    System.setProperty("backdoor4j.offline", "false");
    datasets("fetch", ID);
    System.setProperty("backdoor4j.offline", "true");
    assertThat(datasets("fetch", ID).code()).isZero();
  }

  @Test
  void fetch_whereAnotherFileIs_isBadData() throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "x");

    CliFixture.Result result = datasets("fetch", ID);

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("is not the published file");
  }

  @Test
  void fetch_ofWhatCannotBeFetched_isTheUsersMistake() {
    CliFixture.Result result = datasets("fetch", "fashion-mnist");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("data set 'fashion-mnist' declares no files to fetch");
  }

  @Test
  void info_showsClassesFiguresAndFiles() throws IOException {
    datasets("fetch", ID);

    CliFixture.Result result = datasets("info", ID);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out())
        .contains(
            "3x16x16, 4 classes",
            "20 images, SHA-256 ",
            "8 images",
            "0.5000 0.5000 0.5000   measured",
            "file       " + file(),
            FetchedImages.MD5,
            "Terms: free for every use")
        .containsPattern("0  blob0 +5 +2");
    assertThat(cached()).hasSize(1);
  }

  @Test
  void info_asJson_holdsTheSame() throws IOException {
    datasets("fetch", ID);

    JsonNode json = Json.mapper().readTree(datasets("info", ID, "--json").out());

    assertThat(json.path("training").path("images").asInt()).isEqualTo(20);
    assertThat(json.path("training").path("sha256").asText()).hasSize(64);
    assertThat(json.path("classes").get(3).path("name").asText()).isEqualTo("blob3");
    assertThat(json.path("classes").get(3).path("test").asInt()).isEqualTo(2);
    assertThat(json.path("measured").path("mean")).hasSize(3);
    assertThat(json.path("downloads").get(0).path("checksum").asText())
        .isEqualTo(FetchedImages.MD5);
  }

  @Test
  void info_withoutFiles_isBadData() {
    assertThat(datasets("info", ID).code()).isEqualTo(3);
  }

  @Test
  void verify_ofGoodFiles_saysSo() {
    datasets("fetch", ID);

    assertThat(datasets("verify", ID).out())
        .contains("seed.txt: " + FetchedImages.MD5 + ", as published", "holds nothing of it");
    datasets("info", ID);
    assertThat(datasets("verify", ID).out()).contains("cache: holds the same");
    assertThat(datasets("verify", ID).code()).isZero();
  }

  @Test
  void verify_ofAChangedFile_isBadData() throws IOException {
    datasets("fetch", ID);
    Files.writeString(file(), "8");

    CliFixture.Result result = datasets("verify", ID);

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("is not the published file", FetchedImages.MD5);
  }

  @Test
  void verify_finds_whatTheCacheCannotSee() throws IOException {
    Path seed = Files.createDirectories(folder.resolve("own")).resolve(FetchedImages.OWN);
    FileTime time = FileTime.from(Instant.parse("2024-05-06T07:08:09Z"));
    Files.writeString(seed, "7");
    Files.setLastModifiedTime(seed, time);
    datasets("info", ID, "--data", seed.getParent().toString());
    Files.writeString(seed, "9");
    Files.setLastModifiedTime(seed, time);

    CliFixture.Result result = datasets("verify", ID, "--data", seed.getParent().toString());

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.out()).contains("seed.txt: not in " + seed.getParent());
    assertThat(result.err())
        .contains("the files changed without changing size and time", "datasets prune --all");
  }

  @Test
  void where_namesAllPlaces() {
    datasets("fetch", ID);
    datasets("info", ID);

    assertThat(datasets("where").out())
        .contains(
            folder.resolve("data").toString(),
            file().getParent().toString(),
            folder.resolve("cache/datasets") + ", 1 file, ");
  }

  @Test
  void prune_keepsTheNewest_unlessTold() throws IOException {
    datasets("fetch", ID);
    datasets("info", ID);

    assertThat(datasets("prune").out()).contains("0 files deleted");
    assertThat(datasets("prune", "--older-than", "1").out()).contains("0 files deleted");
    assertThat(datasets("prune", "--all").out()).contains("1 file deleted");
    assertThat(cached()).isEmpty();
    assertThat(file()).exists();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "feth | has no command 'feth'. Did you mean 'fetch'?",
        "info | Missing required parameter: 'ID'",
        "info nothing | there is no data set 'nothing'. Known, nearest first:",
        "info acme.fetched -S a=1 | has no option 'a'",
        "fetch acme.fetched --mirror http://example.org | must begin with https://",
        "prune --all --older-than 3 | mutually exclusive",
        "prune --older-than -1 | --older-than must be at least 0, but was -1",
      })
  void mistakes_endWith2(String line, String message) {
    CliFixture.Result result = datasets(line.split(" ", -1));

    assertThat(result.err()).contains("error: ", message);
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void fetchedSet_isFoundByARun() {
    datasets("fetch", ID);

    CliFixture.Result result =
        cli.run(
            "run",
            "--dataset",
            ID,
            "--attack",
            "badnets",
            "--epochs",
            "1",
            "--out",
            folder.resolve("out").toString());

    assertThat(result.code()).as(result.err()).isZero();
  }
}
