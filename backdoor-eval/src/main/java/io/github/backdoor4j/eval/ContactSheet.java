package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.AtomicFiles;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/**
 * One picture of what a trigger does: images before, after, ten times their difference, and in
 * which frequencies it lies. Small images are enlarged by a whole factor without smoothing, large
 * ones are reduced.
 */
public final class ContactSheet {

  /** Rows beyond this are left out, which the sheet says: a folder may hold thousands of images. */
  static final int MOST_ROWS = 60;

  private static final int CELL = 256;
  private static final int MARGIN = 16;
  private static final int LINE = 28;
  private static final Color TEXT = new Color(0x1f2328);
  private static final Color FAINT = new Color(0x6b7280);
  private static final Color BORDER = new Color(0xd0d5dc);
  private static final List<String> COLUMNS =
      List.of("before", "after", "difference × 10", "spectrum of the difference");

  private ContactSheet() {}

  /**
   * One image.
   *
   * @param caption its name
   * @param before as it was
   * @param after with the trigger, of the same size
   */
  public record Row(String caption, BufferedImage before, BufferedImage after) {

    public Row {
      require(
          before.getWidth() == after.getWidth() && before.getHeight() == after.getHeight(),
          "%s: before and after must be of one size, but are %dx%d and %dx%d",
          caption,
          before.getWidth(),
          before.getHeight(),
          after.getWidth(),
          after.getHeight());
    }
  }

  /**
   * Writes the sheet as PNG. Needs no display.
   *
   * @param rows at least one; the first 60 are shown
   * @throws io.github.backdoor4j.core.DataException if the file cannot be written
   */
  public static void write(List<Row> rows, Path png) {
    ByteBuffer content = ByteBuffer.wrap(encode(draw(rows)));
    AtomicFiles.replace(
        png,
        out -> {
          while (content.hasRemaining()) {
            out.write(content);
          }
        });
  }

  /** The PNG form of an image. */
  static byte[] encode(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.setUseCache(false); // the cache is a file in the temporary folder
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  private static BufferedImage draw(List<Row> rows) {
    require(!rows.isEmpty(), "a contact sheet needs at least one image");
    List<Row> shown = rows.subList(0, Math.min(rows.size(), MOST_ROWS));
    int column = shown.stream().mapToInt(row -> fit(row.before()).getWidth()).max().orElseThrow();
    column = Math.max(column, CELL / 2);
    int height = 2 * MARGIN + LINE + (shown.size() < rows.size() ? LINE : 0);
    for (Row row : shown) {
      height += LINE + fit(row.before()).getHeight() + MARGIN;
    }
    int width = MARGIN + COLUMNS.size() * (column + MARGIN);
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = sheet.createGraphics();
    pen.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, width, height);
    for (int c = 0; c < COLUMNS.size(); c++) {
      text(pen, COLUMNS.get(c), left(c, column), MARGIN, column, Font.BOLD, TEXT);
    }
    int top = MARGIN + LINE;
    for (Row row : shown) {
      text(pen, row.caption(), MARGIN, top, width - 2 * MARGIN, Font.PLAIN, FAINT);
      top += LINE + images(pen, row, top + LINE, column) + MARGIN;
    }
    if (shown.size() < rows.size()) {
      String rest = String.format(Locale.ROOT, "%,d of %,d images", shown.size(), rows.size());
      text(pen, rest, MARGIN, top, width - 2 * MARGIN, Font.PLAIN, FAINT);
    }
    pen.dispose();
    return sheet;
  }

  private static int left(int index, int column) {
    return MARGIN + index * (column + MARGIN);
  }

  /** Draws the images of a row; returns their height. */
  private static int images(Graphics2D pen, Row row, int top, int column) {
    List<BufferedImage> images =
        List.of(
            row.before(),
            row.after(),
            difference(row.before(), row.after()),
            DifferenceSpectrum.of(row.before(), row.after()));
    int height = 0;
    for (int c = 0; c < images.size(); c++) {
      BufferedImage image = fit(images.get(c));
      pen.drawImage(image, left(c, column), top, null);
      pen.setColor(BORDER);
      pen.drawRect(left(c, column) - 1, top - 1, image.getWidth() + 1, image.getHeight() + 1);
      height = image.getHeight();
    }
    return height;
  }

  private static void text(
      Graphics2D pen, String text, int x, int y, int width, int style, Color color) {
    try {
      pen.setFont(new Font(Font.SANS_SERIF, style, 15));
      pen.setColor(color);
      String fitting = text;
      for (int length = text.length() - 1;
          length > 0 && pen.getFontMetrics().stringWidth(fitting) > width;
          length--) {
        fitting = text.substring(0, length) + "…";
      }
      pen.drawString(fitting, x, y + LINE - 10);
    } catch (RuntimeException | LinkageError | InternalError e) {
      // A slim Java machine without any font still draws the images, which are the point.
      pen.setColor(color);
    }
  }

  /** |a − b|·10 per colour, at most 255. */
  static BufferedImage difference(BufferedImage a, BufferedImage b) {
    BufferedImage result =
        new BufferedImage(a.getWidth(), a.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < a.getHeight(); y++) {
      for (int x = 0; x < a.getWidth(); x++) {
        int one = a.getRGB(x, y);
        int two = b.getRGB(x, y);
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
          int distance = Math.abs((one >> shift & 255) - (two >> shift & 255));
          rgb |= Math.min(255, 10 * distance) << shift;
        }
        result.setRGB(x, y, rgb);
      }
    }
    return result;
  }

  /** Enlarged or reduced by a whole factor, so that the longer side is near {@value #CELL}. */
  static BufferedImage fit(BufferedImage image) {
    int side = Math.max(image.getWidth(), image.getHeight());
    return side <= CELL ? enlarge(image, CELL / side) : reduce(image, (side + CELL - 1) / CELL);
  }

  private static BufferedImage enlarge(BufferedImage image, int factor) {
    BufferedImage result =
        new BufferedImage(
            image.getWidth() * factor, image.getHeight() * factor, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < result.getHeight(); y++) {
      for (int x = 0; x < result.getWidth(); x++) {
        result.setRGB(x, y, image.getRGB(x / factor, y / factor));
      }
    }
    return result;
  }

  /** Each pixel is the mean of the factor×factor pixels it stands for. */
  private static BufferedImage reduce(BufferedImage image, int factor) {
    int width = (image.getWidth() + factor - 1) / factor;
    int height = (image.getHeight() + factor - 1) / factor;
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        result.setRGB(x, y, mean(image, x * factor, y * factor, factor));
      }
    }
    return result;
  }

  private static int mean(BufferedImage image, int left, int top, int size) {
    int right = Math.min(left + size, image.getWidth());
    int bottom = Math.min(top + size, image.getHeight());
    long[] sums = new long[3];
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        int rgb = image.getRGB(x, y);
        sums[0] += rgb >> 16 & 255;
        sums[1] += rgb >> 8 & 255;
        sums[2] += rgb & 255;
      }
    }
    long count = (long) (right - left) * (bottom - top);
    int rgb = 0;
    for (long sum : sums) {
      rgb = rgb << 8 | (int) ((sum + count / 2) / count);
    }
    return rgb;
  }
}
