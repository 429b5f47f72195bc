package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.DatasetStatistics;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What is in a data set, as shown to people and as JSON.
 *
 * @param folder empty for embedded data
 * @param fileCount files that were read; 0 where the source does not tell
 * @param files the first of them
 * @param published mean and deviation by which benchmarks normalise
 * @param measured mean and deviation of the training images as served
 * @param downloads where the files are to be had, with checksums and terms
 */
record DatasetSheet(
    String id,
    String description,
    String folder,
    String shape,
    List<ClassCount> classes,
    Part training,
    Part test,
    Normalization published,
    Normalization measured,
    int fileCount,
    List<String> files,
    List<Download> downloads) {

  private static final int WIDTH = 84;
  private static final int MOST_FILES = 12;

  /** Images of one class. */
  record ClassCount(String name, long training, long test) {}

  /** One part. */
  record Part(int images, String sha256) {
    static Part of(ImageDataset data) {
      return new Part(data.size(), data.contentHash());
    }
  }

  /** Loads a data set and goes through all images. */
  static DatasetSheet of(BoundData bound) {
    DatasetSource.Splits splits = bound.load();
    DatasetSpec spec = splits.training().spec();
    DatasetStatistics training = DatasetStatistics.of(splits.training());
    DatasetStatistics test = DatasetStatistics.of(splits.test());
    List<Path> files = bound.source().files(bound.folder(), bound.options());
    List<ClassCount> classes = new ArrayList<>();
    for (int label = 0; label < spec.classes(); label++) {
      classes.add(
          new ClassCount(
              spec.classNames().get(label),
              training.counts().get(label),
              test.counts().get(label)));
    }
    return new DatasetSheet(
        bound.id(),
        bound.source().description(),
        bound.folder().map(Path::toString).orElse(""),
        spec.shape().toString(),
        classes,
        Part.of(splits.training()),
        Part.of(splits.test()),
        spec.normalization(),
        new Normalization(training.mean(), training.std().stream().map(DatasetSheet::pos).toList()),
        files.size(),
        files.stream().limit(MOST_FILES).map(Path::toString).toList(),
        bound.source().downloads(bound.options()));
  }

  /** Images of one colour have no deviation, which a normalisation cannot have. */
  private static double pos(double deviation) {
    return Math.max(deviation, Double.MIN_NORMAL);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(id);
    Text.wrap(description, WIDTH).forEach(line -> lines.add("  " + line));
    lines.add("");
    lines.add(label("folder", folder.isEmpty() ? "embedded" : folder));
    lines.add(label("images", shape + ", " + classes.size() + " classes"));
    lines.add(label("training", part(training)));
    lines.add(label("test", part(test)));
    lines.add(label("mean", values(published.mean()) + "   measured " + values(measured.mean())));
    lines.add(
        label("deviation", values(published.std()) + "   measured " + values(measured.std())));
    lines.add("");
    lines.addAll(table());
    addFiles(lines);
    return lines;
  }

  private static String label(String name, String text) {
    return String.format(Locale.ROOT, "%-11s%s", name, text);
  }

  private static String part(Part part) {
    return ReportText.count(part.images(), "image") + ", SHA-256 " + part.sha256();
  }

  private static String values(List<Double> values) {
    return values.stream()
        .map(value -> String.format(Locale.ROOT, "%.4f", value))
        .collect(Collectors.joining(" "));
  }

  private List<String> table() {
    TextTable table =
        new TextTable(
            List.of(
                new TextTable.Column("", "label", false),
                new TextTable.Column("", "class", true),
                new TextTable.Column("", "training", false),
                new TextTable.Column("", "test", false)));
    for (int label = 0; label < classes.size(); label++) {
      ClassCount one = classes.get(label);
      table.add(
          List.of(
              Integer.toString(label),
              one.name(),
              ReportText.count(one.training()),
              ReportText.count(one.test())));
    }
    return table.lines();
  }

  private void addFiles(List<String> lines) {
    if (!files.isEmpty()) {
      lines.add("");
      files.forEach(file -> lines.add(label("file", file)));
      if (fileCount > MOST_FILES) {
        lines.add(label("", "and " + ReportText.count(fileCount - MOST_FILES) + " more"));
      }
    }
    if (!downloads.isEmpty()) {
      lines.add("");
      downloads.forEach(download -> lines.addAll(DownloadText.lines(download)));
      lines.addAll(DownloadText.terms(downloads));
    }
  }
}
