package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.NamedStrategy;
import io.github.backdoor4j.core.spi.Registries;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The methods that the registries find, as Markdown. */
final class MethodTables {

  private static final Pattern YEAR = Pattern.compile("\\b(?:19|20)\\d\\d\\b");
  private static final String DEFAULTS_FOR = "fashion-mnist";

  private final Registries registries;
  private final DatasetSpec data;

  MethodTables(Registries registries) {
    this.registries = registries;
    this.data = registries.datasets().get(DEFAULTS_FOR).published().orElseThrow();
  }

  /**
   * One table for each extension point, under headings.
   *
   * @param pages folder of the methods' pages, as seen from the page that holds the tables
   */
  String tables(String pages) {
    return String.join(
        "\n",
        "### Attacks\n",
        methods(registries.attacks().all(), pages),
        "### Defenses\n",
        methods(registries.defenses().all(), pages),
        "### Networks\n",
        methods(registries.architectures().all(), pages),
        "### Data sets\n",
        table(
            registries.datasets().all(),
            List.of(
                column("id", MethodTables::id),
                column("also", MethodTables::aliases),
                column("images", source -> published(source, spec -> spec.shape().toString())),
                column(
                    "classes", source -> published(source, spec -> String.valueOf(spec.classes()))),
                column("what it is", source -> text(source.description())))),
        "### Measurements\n",
        table(
            registries.evaluators().all(),
            List.of(
                column("id", MethodTables::id),
                column("what it measures", evaluator -> text(evaluator.description())))));
  }

  private static String published(DatasetSource<?> source, Function<DatasetSpec, String> fact) {
    return source.published().map(fact).orElse("as its files");
  }

  private static <S extends NamedStrategy<?>> String methods(Collection<S> methods, String pages) {
    List<Column<S>> columns = new ArrayList<>();
    columns.add(column("id", s -> "[" + id(s) + "](" + pages + "/" + s.id() + ".md)"));
    columns.add(column("also", MethodTables::aliases));
    columns.add(column("method", s -> paper(s.card())));
    columns.add(column("stage", s -> text(s.card().stage())));
    if (methods.stream().anyMatch(DefenseStrategy.class::isInstance)) {
      columns.add(column("needs", MethodTables::needs));
    }
    return table(methods, columns);
  }

  /** The page of every method, by id. */
  Map<String, String> pages() throws IOException {
    SelfTestTable measured = SelfTestTable.ofDocs();
    Map<String, String> pages = new LinkedHashMap<>();
    Stream.of(
            registries.attacks().all(),
            registries.defenses().all(),
            registries.architectures().all())
        .flatMap(Collection::stream)
        .forEach(method -> pages.put(method.id(), page(method, measured.about(method.id()))));
    return pages;
  }

  private String page(NamedStrategy<?> method, String measured) {
    MethodCard card = method.card();
    List<String> lines = new ArrayList<>();
    lines.add("# " + card.title() + "\n");
    lines.add("<!-- generated from the registry; see CONTRIBUTING.md -->\n");
    lines.add(sentence(card.summary()) + "\n");
    lines.add("| | |\n|---|---|");
    lines.add("| id | " + id(method) + " |");
    if (!method.aliases().isEmpty()) {
      lines.add("| also | " + aliases(method) + " |");
    }
    lines.add("| paper | " + linked(card.paper(), card.link()) + " |");
    lines.add("| threat model | " + text(card.threatModel()) + " |");
    lines.add("| stage | " + text(card.stage()) + " |");
    if (method instanceof DefenseStrategy<?>) {
      lines.add("| needs | " + needs(method) + " |");
    }
    lines.add("| cost | " + text(card.cost()) + " |\n");
    lines.add("## Options\n");
    lines.add("Defaults are those for `" + DEFAULTS_FOR + "`.\n");
    lines.add(options(method.defaults(data)));
    lines.add("## Departures from the paper\n");
    card.departures().forEach(departure -> lines.add("- " + sentence(departure)));
    if (card.departures().isEmpty()) {
      lines.add("None known.");
    }
    return String.join("\n", lines) + "\n" + measured;
  }

  private static String options(Record defaults) {
    List<Options.Description> all = Options.describe(defaults);
    return table(
        all.stream().filter(option -> !isOpened(option, all)).toList(),
        List.of(
            column("option", option -> "`" + option.name() + "`"),
            column("type", option -> text(option.type())),
            column("default", option -> "`" + option.value() + "`"),
            column("allowed", option -> text(option.range())),
            column("what it does", option -> text(option.doc()))));
  }

  /** A group whose members have lines of their own. */
  private static boolean isOpened(Options.Description option, List<Options.Description> all) {
    return all.stream().anyMatch(other -> other.name().startsWith(option.name() + "."));
  }

  private static String id(Named method) {
    return "`" + method.id() + "`";
  }

  private static String aliases(Named method) {
    return method.aliases().stream().map(a -> "`" + a + "`").collect(Collectors.joining(", "));
  }

  private static String paper(MethodCard card) {
    String year = "";
    Matcher matcher = YEAR.matcher(card.paper());
    while (matcher.find()) {
      year = ", " + matcher.group();
    }
    return linked(card.title(), card.link()) + year;
  }

  private static String linked(String words, String address) {
    return address.isEmpty() ? text(words) : "[" + text(words) + "](" + address + ")";
  }

  private static String needs(Named method) {
    return method instanceof DefenseStrategy<?> defense
        ? defense.needs().stream()
            .sorted()
            .map(Names::hyphenated)
            .map(word -> word.replace('-', ' '))
            .collect(Collectors.joining(", "))
        : "";
  }

  private static String sentence(String text) {
    String first = text.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + text.substring(1);
    return first.endsWith(".") ? first : first + ".";
  }

  /** Text that does not end a table's cell. */
  private static String text(String raw) {
    return raw.replace("|", "\\|").replace('\n', ' ');
  }

  private record Column<T>(String title, Function<T, String> cell) {}

  private static <T> Column<T> column(String title, Function<T, String> cell) {
    return new Column<>(title, cell);
  }

  private static <T> String table(Collection<? extends T> rows, List<Column<T>> columns) {
    StringBuilder table = new StringBuilder();
    table.append(line(columns.stream().map(Column::title)));
    table.append("|").append("---|".repeat(columns.size())).append('\n');
    for (T row : rows) {
      table.append(line(columns.stream().map(column -> column.cell().apply(row))));
    }
    return table.toString();
  }

  private static String line(Stream<String> cells) {
    return cells.collect(Collectors.joining(" | ", "| ", " |\n"));
  }
}
