package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code weights fetch}. */
class WeightsFetchTest {

  private static final String ID = "acme.starting";

  @TempDir private Path folder;
  private final FetchedImages.Server server = FetchedImages.Server.start();
  private final CliFixture cli = new CliFixture().add(Architecture.class, StartingNetworks.class);

  @BeforeEach
  void ownPlaces() {
    System.setProperty("backdoor4j.data", folder.resolve("data").toString());
    System.setProperty("backdoor4j.offline", "false");
  }

  @AfterEach
  void usualPlaces() {
    List.of("data", "offline").forEach(name -> System.clearProperty("backdoor4j." + name));
    server.close();
  }

  private CliFixture.Result fetch(String... args) {
    return cli.run(
        Stream.concat(Stream.of("weights", "fetch"), Stream.of(args)).toArray(String[]::new));
  }

  @Test
  void fetch_getsTheFile_saysHowMuchOfItWasChecked_andWhatToDoNext() {
    CliFixture.Result result = fetch(ID);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("Terms: free for every start");
    assertThat(result.out())
        .contains("seed.txt: fetched, 0.0 MiB, sha256:7902699b", "its first digits as published")
        .contains("are in " + folder.resolve("data/weights"))
        .contains("--model " + ID + " -M pretrained=imagenet");
    assertThat(folder.resolve("data/weights/seed.txt")).hasContent(FetchedImages.CONTENT);
    assertThat(fetch(ID, "--offline").out()).contains("seed.txt: was there");
  }

  @Test
  void fetch_intoAFolder_namesTheFileForTheRun() {
    Path dir = folder.resolve("elsewhere");

    CliFixture.Result result = fetch(ID, "--dir", dir.toString());

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("-M pretrained=" + dir.resolve("seed.txt"));
  }

  @Test
  void offline_withoutTheFile_isTheUsersMistake() {
    CliFixture.Result result = fetch(ID, "--offline");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("seed.txt is not in", "--offline", FetchedImages.address());
  }

  @Test
  void anotherFileThatIsThere_isBadData() throws IOException {
    Path file = Files.createDirectories(folder.resolve("data/weights")).resolve("seed.txt");
    Files.writeString(file, "8");

    CliFixture.Result result = fetch(ID);

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("should begin with sha256:7902699b", "Delete it");
    assertThat(file).hasContent("8");
  }

  @Test
  void architectureWithoutPublishedWeights_namesThoseThatHaveSome() {
    CliFixture.Result result = fetch("plain-cnn");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("'plain-cnn' declares no weights to fetch", ID);
  }

  @Test
  void where_tellsTheFolder() {
    assertThat(cli.run("datasets", "where").out())
        .containsPattern("fetched weights +" + folder.resolve("data/weights"));
  }
}
