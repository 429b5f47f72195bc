package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.DataException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A row of GTSRB's tables: an image, the sign's box in it, and the class.
 *
 * @param table name of the table, for messages
 * @param file name of the image, without a folder
 * @param width of the image, in pixels
 * @param height of the image, in pixels
 * @param left first column of the box
 * @param top first row of the box
 * @param right first column behind the box
 * @param bottom first row behind the box
 * @param label the class
 */
record GtsrbRow(
    String table,
    String file,
    int width,
    int height,
    int left,
    int top,
    int right,
    int bottom,
    int label) {

  private static final String HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId";
  private static final Splitter CELLS = Splitter.on(';');

  /**
   * Reads a table.
   *
   * @param classes how many there are
   * @throws DataException if it is no such table; quoted cells are not expected and refused
   */
  static List<GtsrbRow> read(String table, byte[] bytes, int classes) {
    List<String> lines = new String(bytes, StandardCharsets.ISO_8859_1).lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new DataException(
          "%s: the first line should be '%s', but is '%s'",
          table, HEADER, lines.isEmpty() ? "" : EntryNames.shown(lines.get(0)));
    }
    List<GtsrbRow> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      rows.add(row(table, i + 1, lines.get(i), classes));
    }
    return rows;
  }

  private static GtsrbRow row(String table, int line, String text, int classes) {
    List<String> cells = CELLS.splitToList(text);
    if (cells.size() != 8 || text.indexOf('"') >= 0 || !cells.get(0).matches("[\\w.-]{1,200}")) {
      throw new DataException(
          "%s, line %d: '%s' is no row of a file name and seven numbers",
          table, line, EntryNames.shown(text));
    }
    int[] n = new int[8];
    for (int i = 1; i < n.length; i++) {
      n[i] = number(table, line, cells.get(i));
    }
    GtsrbRow row = new GtsrbRow(table, cells.get(0), n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
    row.check(line, classes);
    return row;
  }

  private static int number(String table, int line, String cell) {
    if (!cell.matches("\\d{1,9}")) {
      throw new DataException(
          "%s, line %d: '%s' is no whole number", table, line, EntryNames.shown(cell));
    }
    return Integer.parseInt(cell);
  }

  private void check(int line, int classes) {
    if (label >= classes) {
      throw new DataException(
          "%s, line %d: %s has class %d; allowed are 0 to %d",
          table, line, file, label, classes - 1);
    }
    if (left >= right || top >= bottom || right > width || bottom > height) {
      throw new DataException(
          "%s, line %d: the box of %s from (%d, %d) to (%d, %d) is not within its %d×%d pixels",
          table, line, file, left, top, right, bottom, width, height);
    }
  }

  /** The image as it is, or its box. */
  RgbImage part(RgbImage image, boolean box) {
    if (image.width() != width || image.height() != height) {
      throw new DataException(
          "%s has %d×%d pixels, but %s says %d×%d",
          file, image.width(), image.height(), table, width, height);
    }
    return box ? image.cropped(left, top, right, bottom) : image;
  }

  /** As the training images are kept: in a folder for each class. */
  String inClassFolder() {
    return String.format(Locale.ROOT, "%05d/%s", label, file);
  }
}
