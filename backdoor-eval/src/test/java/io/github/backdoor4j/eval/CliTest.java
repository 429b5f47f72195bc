package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

class CliTest {

  private final CliFixture cli = new CliFixture();

  static Stream<String> commands() {
    return Stream.of(
        "quickstart",
        "run",
        "list",
        "describe",
        "datasets",
        "stamp",
        "predict",
        "weights",
        "report",
        "selftest",
        "doctor",
        "completion");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void help_mentionsEveryOption_andAnExample(String command) {
    CliFixture.Result result = cli.run(command, "--help");

    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("Usage: backdoor4j " + command, "backdoor4j " + command + " ");
    for (OptionSpec option : spec(command)) {
      String shown = option.longestName().replace("--control", "--[no-]control");
      assertThat(result.out()).contains(shown);
      assertThat(description(option)).isNotBlank();
    }
    assertThat(result.out()).contains("Example");
  }

  private List<OptionSpec> spec(String command) {
    Cli plain =
        new Cli(
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            cli::registries,
            false,
            Interruption.none());
    return plain.commandLine().getSubcommands().get(command).getCommandSpec().options();
  }

  private static String description(ArgSpec argument) {
    return String.join("", argument.description());
  }

  @Test
  void noCommand_showsHelp() {
    assertThat(cli.run().out()).contains("Commands:", "quickstart", "Exit codes:");
    assertThat(cli.run().code()).isZero();
  }

  @Test
  void version_namesCommitAndEngine() {
    CliFixture.Result result = cli.run("--version");

    assertThat(result.out()).contains("Backdoor4J ", "commit ", "libtorch 2.10.0", "Java ");
    assertThat(cli.run("run", "--version").out()).isEqualTo(result.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quickstrat | has no command 'quickstrat'. Did you mean 'quickstart'?",
        "run --atack badnets | has no option '--atack'. Did you mean '--attack'?",
        "run --attack=badnets --sede=1 | has no option '--sede'. Did you mean '--seeds'?",
        "run --epochs few | 'few' is not an int",
        "run --epochs | parameter",
        "run --attack badnet | there is no attack 'badnet'. Known, nearest first: badnets",
        "run --attack badnets -A raito=0.1 | has no option 'raito'. Did you mean 'ratio'?",
        "run --attack badnets --ratio 1.5 | ratio must lie in (0, 1], but was 1.5",
        "run --attack badnets --ratio lots | option 'ratio' cannot be",
        "run --attack badnets --ratio 0.1 -A ratio=0.2 | contradict each other",
        "run --attack badnets -M widht=3 | Did you mean 'width'?",
        "run --attack badnets -T epoch=3 | training has no option 'epoch'. Did you mean 'epochs'?",
        "run --attack badnets -T epochs=1,2 | epochs must be a whole number where a schedule follows it, but was '1,2'",
        "run --attack badnets --defense ft -D tf.epochs=3 | known, nearest first: ft",
        "run --attack badnets --defense ft -D ft=3 | -D ID.KEY=VALUE",
        "run --attack badnets --defense ft -D ft.epoch=3 | Did you mean 'epochs'?",
        "run --attack badnets --defense ft -D strip.epochs=3 | no such defense",
        "run --attack badnets --preset fast | there is no preset 'fast'",
        "run --attack badnets --device gpu | device must be auto, cpu, cuda or cuda:n, but was 'gpu'",
        "run --defense ft | a run needs an attack",
        "describe badnet | nothing has the id 'badnet'. Nearest: badnets",
        "describe | Missing required parameter: 'ID'",
        "list atacks | there is no kind 'atacks' to list. Known, nearest first: attacks",
        "list attacks defenses | takes no further argument, but got 'defenses'",
        "completion fish | fish",
        "stamp --attack badnets --out x | '--images=DIR'",
        "stamp --images x --out y | name an attack with --attack, or a result with --record",
        "stamp --record r --attack badnets --images x --out y | brings attack and options with it",
        "selftest atacks | has no command 'atacks'. Did you mean 'attacks'?",
        "selftest attacks --only badnet | there is no attack 'badnet'. Known, nearest first: badnets",
      })
  void mistakes_endWith2_andSayWhatIsAllowed(String line, String message) {
    CliFixture.Result result = cli.run(line.split(" ", -1));

    assertThat(result.err()).startsWith("error: ").contains(message);
    assertThat(result.err().lines()).as("one paragraph, no stack trace").hasSize(1);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void stackTrace_onlyWhenAskedFor() {
    assertThat(cli.run("describe", "x", "--stacktrace").err())
        .contains("\tat io.github.backdoor4j");
    assertThat(cli.run("--stacktrace", "describe", "x").err()).contains("\tat io.github");
  }

  @Test
  void twoPlugIns_withOneId_areBothNamed() {
    cli.add(PoisoningStrategy.class, CliFakes.PatchAgain.class);

    CliFixture.Result result = cli.run("list");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err())
        .contains(
            "two attacks claim the id 'badnets'", "CliFakes$Patch in", "CliFakes$PatchAgain in")
        .contains("Remove one of the jars");
  }

  @Test
  void list_showsIdsAndAliases() {
    CliFixture.Result result = cli.run("list");

    assertThat(result.code()).isZero();
    assertThat(result.out())
        .containsPattern("badnets +bn +Stands in")
        .containsPattern("fine-tuning +ft ")
        .contains("model-metrics", "preact-resnet18", "fashion-mnist");
    assertThat(cli.run("list", "defenses").out()).contains("strip").doesNotContain("badnets");
  }

  @Test
  void list_asJson() throws IOException {
    JsonNode all = Json.mapper().readTree(cli.run("list", "--json").out());
    JsonNode attacks = Json.mapper().readTree(cli.run("list", "attacks", "--json").out());

    assertThat(all.isArray()).isTrue();
    assertThat(all.findValuesAsText("kind"))
        .contains("attack", "defense", "evaluator", "model", "dataset");
    assertThat(attacks.findValuesAsText("id")).containsExactly("badnets", "input-aware", "sig");
    assertThat(attacks.get(0).path("aliases").get(0).asText()).isEqualTo("bn");
  }

  @Test
  void describe_showsCardAndOptions() {
    CliFixture.Result result = cli.run("describe", "bn");

    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains("badnets (bn), attack", "Nobody, 2026", "all of it", "CliFakes$Patch in")
        .containsPattern("ratio +0\\.1 +number, \\(0, 1]")
        .containsPattern("fidelity +paper +paper \\| backdoorbench")
        .contains("share of the training set", "--attack badnets -A OPTION=VALUE");
    assertThat(cli.run("describe", "strip").out())
        .contains("clean-holdout, runtime-inputs, suspect-model, training-set");
    assertThat(cli.run("describe", "fashion-mnist").out()).contains("3x16x16", "4: blob0");
    assertThat(cli.run("describe", "model-metrics").out()).contains("clean test set");
  }

  @Test
  void describe_asJson() throws IOException {
    JsonNode tree = Json.mapper().readTree(cli.run("describe", "ft", "--json").out());

    assertThat(tree.path("id").asText()).isEqualTo("fine-tuning");
    assertThat(tree.path("needs")).hasSize(4);
    assertThat(tree.path("options").get(0).path("name").asText()).isEqualTo("epochs");
    assertThat(tree.path("options").get(0).path("value").asInt()).isEqualTo(1);
    assertThat(tree.path("card").path("paper").asText()).isEqualTo("Nobody, 2026");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void completion_isAScriptThatTheShellAccepts(String shell, @TempDir Path folder)
      throws IOException, InterruptedException {
    CliFixture.Result result = cli.run("completion", shell);
    Path script = Files.writeString(folder.resolve("script"), result.out());

    assertThat(result.out()).contains("quickstart", "--attack", "complete -F");
    assumeThat(Files.isExecutable(Path.of("/bin/" + shell))).isTrue();
    Process check = new ProcessBuilder("/bin/" + shell, "-n", script.toString()).start();
    assertThat(check.waitFor()).isZero();
  }

  /** Without the natives the engine cannot start: what works so never touches it. */
  @Test
  void commandsWithoutTensors_workWithoutNatives(@TempDir Path folder)
      throws IOException, InterruptedException {
    String output =
        runWithoutNatives(
            folder,
            "--version",
            "--help",
            "list",
            "list --json",
            "datasets list",
            "describe badnets",
            "describe fine-tuning --json",
            "completion",
            "run --help",
            "run --attack badnets --defense ft --preset quick --dry-run");

    assertThat(output).doesNotContain("did not start");
    assertThat(output.lines().filter(line -> line.startsWith("exit code "))).hasSize(10);
    assertThat(output.lines().filter(line -> line.equals("exit code 0"))).hasSize(10);
  }

  @Test
  void withoutNatives_doctorExplains_andRunFails(@TempDir Path folder)
      throws IOException, InterruptedException {
    String doctor = runWithoutNatives(folder, "doctor");

    assertThat(doctor)
        .contains("PROBLEM: The tensor engine did not start", "are on the class path: add")
        .contains("org.bytedeco:pytorch", "exit code 1")
        .doesNotContain("\tat ");
    assertThat(runWithoutNatives(folder, "run --attack badnets --out " + folder + "/out"))
        .contains("error: The tensor engine did not start", "exit code 1");
  }

  /** Runs command lines in one other process; each is followed by its exit code. */
  private String runWithoutNatives(Path folder, String... lines)
      throws IOException, InterruptedException {
    writeServices(folder);
    String jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(jar -> !jar.matches(".*-(linux|windows|macosx)-[a-z0-9_]+(-gpu)?\\.jar"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", folder + File.pathSeparator + jars));
    command.add(Offline.class.getName());
    command.addAll(List.of(lines));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /** What the other process runs. */
  static final class Offline {
    public static void main(String[] lines) {
      for (String line : lines) {
        int code = Cli.ofProcess(Interruption.none()).execute(line.split(" ", -1));
        System.out.println("exit code " + code);
      }
    }
  }

  private void writeServices(Path folder) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF").resolve("services"));
    for (Map.Entry<Class<?>, List<Class<?>>> entry : cli.providers().entrySet()) {
      Files.writeString(
          services.resolve(entry.getKey().getName()), CliFixture.services(entry.getValue()));
    }
  }
}
