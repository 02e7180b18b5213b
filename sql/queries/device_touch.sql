-- Who judged by an older number lost a race. Nobody else moves it until the transaction ends. $1 id
UPDATE device SET revision = revision + 1 WHERE id = $1::bigint RETURNING id
