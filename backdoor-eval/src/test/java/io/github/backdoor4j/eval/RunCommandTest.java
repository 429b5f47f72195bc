package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

  private final CliFixture cli = new CliFixture();

  private CliFixture.Result run(Path out, String... more) {
    String[] fixed = {
      "run",
      "--preset",
      "quick",
      "--device",
      "cpu",
      "--attack",
      "badnets",
      "--epochs",
      "1",
      "--watch",
      "20",
      "--runtime-inputs",
      "20",
      "--holdout",
      "0.2",
      "--out",
      out.toString()
    };
    return cli.run(Stream.concat(Stream.of(fixed), Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void run_writesRecordsTableAndReport_andGoesOn(@TempDir Path out) throws IOException {
    CliFixture.Result first = run(out, "--defense", "ft,strip", "--no-control");

    assertThat(first.code()).isZero();
    assertThat(first.out())
        .containsPattern("no defense +\\d+\\.\\d")
        .containsPattern("fine-tuning +\\d+\\.\\d")
        .contains("AUROC", out.resolve("results.csv").toString());
    assertThat(first.err())
        .contains("[1/3] badnets, seed 0", "[2/3] badnets → fine-tuning, seed 0")
        .doesNotContain("found on disk");
    assertThat(Files.readString(out.resolve("results.csv"))).startsWith("attack,defense,dataset");
    assertThat(out.resolve("report").resolve("index.html")).isNotEmptyFile();

    CliFixture.Result second = run(out, "--defense", "ft,strip", "--no-control");

    assertThat(second.err().lines().filter(line -> line.contains("found on disk"))).hasSize(3);
    assertThat(second.out()).isEqualTo(first.out());
    assertThat(run(out, "--defense", "ft", "--no-control", "--fresh").err())
        .doesNotContain("found on disk");
  }

  @Test
  void report_isMadeAnew_andABrokenRecordIsBadData(@TempDir Path out) throws IOException {
    run(out, "--no-control");
    Files.delete(out.resolve("results.csv"));
    Files.delete(out.resolve("report").resolve("index.html"));

    assertThat(cli.run("report", out.toString()).code()).isZero();
    assertThat(out.resolve("results.csv")).isNotEmptyFile();
    assertThat(out.resolve("report").resolve("index.html")).isNotEmptyFile();

    Path record = theRecord(out);
    Files.writeString(record, Files.readString(record).substring(0, 200));
    for (CliFixture.Result broken :
        List.of(cli.run("report", out.toString()), run(out, "--no-control"))) {
      assertThat(broken.code()).isEqualTo(3);
      assertThat(broken.err())
          .contains("error: record " + record + " is broken", "Delete its folder");
    }
  }

  private static Path theRecord(Path out) throws IOException {
    try (Stream<Path> files = Files.walk(out)) {
      return files.filter(file -> file.endsWith("record.json")).findFirst().orElseThrow();
    }
  }

  @Test
  void report_ofSomethingElse_isBadData(@TempDir Path folder) {
    assertThat(cli.run("report", folder.toString()).code()).isEqualTo(3);
    assertThat(cli.run("report", folder.resolve("none").toString()).err())
        .contains("does not exist");
  }

  @Test
  void severalSeeds_showMeanAndDeviation_inEveryLocale(@TempDir Path out) {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      CliFixture.Result result = run(out, "--seeds", "0,1", "--no-control");

      assertThat(result.code()).isZero();
      assertThat(result.out()).containsPattern("no defense +\\d+\\.\\d ± \\d+\\.\\d");
      assertThat(result.err()).containsPattern("C-Acc \\d+\\.\\d %");
      assertThat(result.out() + result.err()).doesNotContainPattern("\\d,\\d \\W");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void brokenDefense_isNoted_andTheExitCodeSaysSo(@TempDir Path out) {
    CliFixture.Result result =
        run(out, "--defense", "fine-pruning,ft", "-D", "fine-pruning.finds=false", "--no-control");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .containsPattern("fine-pruning +failed")
        .contains("fine-pruning on the backdoored model, seed 0: failed: the pruning shears")
        .containsPattern("fine-tuning +\\d+\\.\\d");
  }

  @Test
  void quiet_leavesTheErrorStreamEmpty(@TempDir Path out) {
    assertThat(run(out, "--no-control", "--quiet").err()).isEmpty();
    assertThat(run(out, "--no-control", "--fresh", "--verbose").err())
        .containsPattern("victim: epoch 1 of 1, loss \\d+\\.\\d{3}");
  }

  @Test
  void patchLargerThanTheImage_isTheCallersMistake(@TempDir Path out) {
    CliFixture.Result result = run(out, "-A", "size=17");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("size 17 does not fit into images of 3x16x16");
  }

  @Test
  void targetThatIsNoClass_isTheCallersMistake(@TempDir Path out) {
    CliFixture.Result result = run(out, "--target", "4");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("target 4 is no class: with 4 classes it must be 0 to 3");
  }

  @Test
  void cleanLabelRatio_beyondItsClass_saysWhatIsAllowed(@TempDir Path out) {
    CliFixture.Result result =
        cli.run(
            "run",
            "--preset",
            "quick",
            "--attack",
            "sig",
            "--ratio",
            "0.5",
            "--out",
            out.toString());

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err())
        .contains("ratio 0.5 asks for 100 poisoned images, but only 50 of the 200")
        .contains("a ratio up to 0.25");
  }

  @Test
  void unwritableOutput_isToldBeforeTheWork(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    CliFixture.Result result = run(file, "--defense", "ft");

    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("is a file", "--out").doesNotContain("[1/");
    assertThat(run(file.resolve("below")).code()).isEqualTo(3);
  }

  @Test
  void outputWithoutPermission_isBadData(@TempDir Path folder) throws IOException {
    assumeThat(System.getProperty("user.name")).as("root may write anywhere").isNotEqualTo("root");
    Path locked =
        Files.createDirectory(
            folder.resolve("locked"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));

    assertThat(run(locked).code()).isEqualTo(3);
  }

  @Test
  void dryRun_printsAPlanThatGivesTheSamePlan(@TempDir Path folder) throws IOException {
    String[] flags = {
      "run",
      "--preset",
      "quick",
      "--attack",
      "bn",
      "-A",
      "note=12",
      "--defense",
      "ft",
      "-D",
      "ft.epochs=7",
      "--seeds",
      "3,4",
      "--no-control",
      "--dry-run"
    };
    CliFixture.Result plan = cli.run(flags);
    Path file = Files.writeString(folder.resolve("plan.yaml"), plan.out());

    assertThat(plan.out()).contains("epochs: 7", "ratio: 0.1", "control: false", "preset: quick");
    assertThat(cli.run("run", "--plan", file.toString(), "--plan-only").out())
        .isEqualTo(plan.out());
    assertThat(cli.run("run", "--plan", file + "x").code()).isEqualTo(3);
  }

  @Test
  void withoutPreset_theDeviceDecides_andItIsSaid() {
    CliFixture.Result result = cli.run("run", "--attack", "bn", "--device", "cpu", "--dry-run");

    assertThat(result.err()).contains("no preset given: taking 'quick'");
    assertThat(result.out()).contains("preset: quick");
  }

  @Test
  void quickstart_runsEverything_andReadsTheNumbers(@TempDir Path out) throws IOException {
    Path plan =
        Files.writeString(
            out.resolve("stand-ins.yaml"),
            """
            dataset: fashion-mnist
            attack: badnets
            defenses: [fine-tuning, fine-pruning, neural-cleanse, activation-clustering, strip]
            control: true
            """);

    CliFixture.Result result =
        cli.run("quickstart", "--seed", "3", "--out", out.toString(), "--plan", plan.toString());

    assertThat(result.code()).isZero();
    assertThat(result.err())
        .startsWith("Backdoor4J ")
        .contains("[ 1/12] badnets, seed 3", "[12/12] clean control → strip, seed 3");
    assertThat(result.out())
        .contains("backdoored model, %", "clean model, %", "backdoored?", "AUROC")
        .contains("* The attack", "Next:", "backdoor4j list")
        .contains("neural-cleanse judges rightly the backdoored model")
        .contains("neural-cleanse misjudges the clean model");
    assertThat(out.resolve("report").resolve("index.html")).isNotEmptyFile();
  }
}
