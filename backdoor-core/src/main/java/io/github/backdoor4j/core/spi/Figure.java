package io.github.backdoor4j.core.spi;

import static io.github.backdoor4j.core.Checks.require;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.github.backdoor4j.core.data.ImageShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A picture of what a method did, as plain data that a report draws. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Figure.Curves.class, name = "curves"),
  @JsonSubTypes.Type(value = Figure.Histogram.class, name = "histogram"),
  @JsonSubTypes.Type(value = Figure.Bars.class, name = "bars"),
  @JsonSubTypes.Type(value = Figure.Pictures.class, name = "pictures"),
  @JsonSubTypes.Type(value = Figure.Matrix.class, name = "matrix")
})
public sealed interface Figure {

  /** What the figure shows. */
  String title();

  /**
   * Lines over a common axis.
   *
   * @param x positions
   * @param series values by name, as many as positions; NaN leaves a gap
   */
  record Curves(
      String title, String xLabel, String yLabel, List<Double> x, Map<String, List<Double>> series)
      implements Figure {
    public Curves {
      x = List.copyOf(x);
      series = new LinkedHashMap<>(series);
      for (Map.Entry<String, List<Double>> line : series.entrySet()) {
        require(
            line.getValue().size() == x.size(),
            "curve '%s' has %d values for %d positions",
            line.getKey(),
            line.getValue().size(),
            x.size());
      }
    }
  }

  /**
   * Distributions of a score, with the threshold that was applied.
   *
   * @param samples values by group
   * @param threshold NaN if there was none
   */
  record Histogram(String title, String xLabel, Map<String, List<Double>> samples, double threshold)
      implements Figure {
    public Histogram {
      samples = new LinkedHashMap<>(samples);
    }
  }

  /**
   * One bar per name.
   *
   * @param bars values by name
   * @param threshold a line across, NaN for none
   */
  record Bars(String title, String yLabel, Map<String, Double> bars, double threshold)
      implements Figure {
    public Bars {
      bars = new LinkedHashMap<>(bars);
    }
  }

  /**
   * Small pictures side by side.
   *
   * @param shape of every picture; 1 or 3 channels
   * @param pictures by caption: values in [0, 1], channels × rows × columns; stored in JSON with
   *     eight bits each
   */
  record Pictures(String title, ImageShape shape, Map<String, float[]> pictures) implements Figure {
    public Pictures {
      pictures = new LinkedHashMap<>(pictures);
      pictures.forEach(
          (name, pixels) ->
              require(
                  pixels.length == shape.size(),
                  "picture '%s' has %d values, its shape %s needs %d",
                  name,
                  pixels.length,
                  shape,
                  shape.size()));
    }
  }

  /**
   * Numbers between two equal lists of names, such as a confusion matrix.
   *
   * @param rowLabel what the rows are
   * @param columnLabel what the columns are
   * @param names of rows and columns alike
   * @param values in [0, 1], row by row
   */
  record Matrix(
      String title,
      String rowLabel,
      String columnLabel,
      List<String> names,
      List<List<Double>> values)
      implements Figure {
    public Matrix {
      names = List.copyOf(names);
      values = values.stream().map(List::copyOf).toList();
      int size = names.size();
      require(
          values.size() == size && values.stream().allMatch(row -> row.size() == size),
          "matrix '%s' of %d names needs as many rows and columns",
          title,
          size);
    }
  }
}
