def to_svg(graph, title): return "<svg/>"
