package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Figure;
import java.util.List;
import java.util.Optional;

/**
 * A figure of a method on the page: a chart, a matrix or some pictures.
 *
 * @param title what it shows
 * @param chart absent for others
 * @param matrix absent for others
 * @param pictures empty for others
 */
record ReportFigure(
    String title,
    Optional<ReportChart> chart,
    Optional<ReportMatrix> matrix,
    List<ReportPictures.Picture> pictures) {

  private static final int MANY = 15;

  /** Whether it is a gallery. */
  boolean gallery() {
    return !pictures.isEmpty();
  }

  /** Whether it needs the width of the page. */
  boolean wide() {
    return pictures.size() > MANY;
  }

  static List<ReportFigure> of(List<Figure> figures) {
    return figures.stream().map(ReportFigure::of).toList();
  }

  private static ReportFigure of(Figure figure) {
    if (figure instanceof Figure.Pictures pictures) {
      return new ReportFigure(
          figure.title(), Optional.empty(), Optional.empty(), ReportPictures.of(pictures));
    }
    if (figure instanceof Figure.Matrix matrix) {
      return new ReportFigure(
          figure.title(), Optional.empty(), Optional.of(ReportMatrix.of(matrix)), List.of());
    }
    return of(chart(figure));
  }

  static ReportFigure of(ReportChart chart) {
    return new ReportFigure(chart.title(), Optional.of(chart), Optional.empty(), List.of());
  }

  private static ReportChart chart(Figure figure) {
    if (figure instanceof Figure.Curves curves) {
      return ReportChart.of(curves);
    }
    if (figure instanceof Figure.Bars bars) {
      return ReportChart.of(bars);
    }
    return ReportChart.of((Figure.Histogram) figure);
  }
}
