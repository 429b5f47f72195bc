package io.github.backdoor4j.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** What {@code selftest attacks} measured, as docs/attacks.md shows it. */
record SelfTestTable(List<String> header, List<String> rows) {

  private static final String PAGE = "docs/attacks.md";
  private static final String PICTURES = "images/attacks/";

  /** The table of the documentation; without rows if there is none. */
  static SelfTestTable ofDocs() throws IOException {
    List<String> lines =
        Files.exists(Repository.file(PAGE)) ? Repository.text(PAGE).lines().toList() : List.of();
    int head = -1;
    for (int i = 0; i < lines.size(); i++) {
      head = lines.get(i).startsWith("| attack |") ? i : head;
    }
    return head < 0
        ? new SelfTestTable(List.of(), List.of())
        : new SelfTestTable(
            lines.subList(head, head + 2),
            lines.subList(head + 2, lines.size()).stream()
                .takeWhile(line -> line.startsWith("|"))
                .toList());
  }

  /** The parts of a method's page that are measured; empty if it was not. */
  String about(String id) {
    StringBuilder text = new StringBuilder();
    rows.stream()
        .filter(row -> row.startsWith("| " + id + " |"))
        .forEach(
            row ->
                text.append("\n## What to expect\n\n")
                    .append(String.join("\n", header))
                    .append('\n')
                    .append(row)
                    .append("\n\nOn the embedded images; [Attacks](../attacks.md) says how, and")
                    .append(" what the columns mean.\n"));
    if (Files.exists(Repository.file("docs/" + PICTURES + id + ".png"))) {
      text.append("\n## What it does to images\n\n![Images before and after the trigger, ten times")
          .append(" the difference, and its spectrum](../" + PICTURES + id + ".png)\n");
    }
    return text.toString();
  }
}
