package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandsTest {

  private final Cli cli =
      new Cli(
          new PrintWriter(Writer.nullWriter()),
          new PrintWriter(Writer.nullWriter()),
          () -> {
            throw new AssertionError("a parser needs no methods");
          },
          false,
          Interruption.none());

  @ParameterizedTest
  @ValueSource(strings = {"list", "run", "datasets", "selftest"})
  void parser_hasTheCalledCommandAlone(String name) {
    CommandLine line = cli.commandLine(name, "--json");

    assertThat(line.getSubcommands()).containsOnlyKeys(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--help", "-q list", "lits", "completion2"})
  void parser_hasAllCommands_whereTheFirstArgumentIsNone(String arguments) {
    CommandLine line = cli.commandLine(arguments.split(" ", -1));

    assertThat(line.getSubcommands()).hasSize(13).containsKeys("quickstart", "list", "completion");
  }

  @Test
  void everyCommand_isKnownByTheNameItHasItself() {
    Map<String, CommandLine> commands = cli.commandLine().getSubcommands();

    commands.forEach(
        (name, line) -> assertThat(line.getCommandSpec().names()).isEqualTo(Set.of(name)));
  }
}
