"""Rectangles and segments. All lengths are pixels of the drawing."""

Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]
Segment = tuple[Point, Point]

#: Two lines closer than this lie on each other.
SLACK = 2.0


def meet(a: Rectangle, b: Rectangle, air: float = 0.0) -> bool:
    """Do two rectangles share more than their border, or come closer than `air`?"""
    return a[0] < b[2] + air and b[0] < a[2] + air and a[1] < b[3] + air and b[1] < a[3] + air


def shrink(rectangle: Rectangle, by: float) -> Rectangle:
    """Move all four borders inwards."""
    return rectangle[0] + by, rectangle[1] + by, rectangle[2] - by, rectangle[3] - by


def at(point: Point) -> Rectangle:
    """A point as a rectangle."""
    return (*point, *point)


def pierces(segment: Segment, rectangle: Rectangle) -> bool:
    """Does the segment enter the rectangle? (Clipping by Liang and Barsky.)"""
    (ax, ay), (bx, by) = segment
    enter, leave, dx, dy = 0.0, 1.0, bx - ax, by - ay
    for p, q in ((-dx, ax - rectangle[0]), (dx, rectangle[2] - ax), (-dy, ay - rectangle[1]), (dy, rectangle[3] - ay)):
        if p == 0:
            if q <= 0:
                return False
        elif p < 0:
            enter = max(enter, q / p)
        else:
            leave = min(leave, q / p)
    return enter < leave


def shared(p: Segment, q: Segment) -> float:
    """The length over which two segments along the axes lie on each other."""
    for along, across in ((0, 1), (1, 0)):
        level = all(abs(s[0][across] - s[1][across]) < 1 for s in (p, q))
        if level and abs(p[0][across] - q[0][across]) < SLACK:
            return min(max(s[0][along], s[1][along]) for s in (p, q)) - max(
                min(s[0][along], s[1][along]) for s in (p, q)
            )
    return 0.0


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def crosses(p: Segment, q: Segment) -> bool:
    """Do two segments cross at a point inside both?"""
    return _turn(*p, q[0]) * _turn(*p, q[1]) < -1e-6 and _turn(*q, p[0]) * _turn(*q, p[1]) < -1e-6
